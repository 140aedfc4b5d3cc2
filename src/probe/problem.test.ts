import { describe, expect, it } from 'vitest'
import { sceneRefs } from './dataset.ts'
import { makeProblem, parseGoal, sceneFrom, sceneOf } from './problem.ts'

describe('parseGoal', () => {
  it('reads back the goal of every question that scenes pose, whatever blanks are around it', () => {
    for (const ref of sceneRefs('train', 60, 3)) {
      const scene = sceneFrom(ref)
      const { colour, shape } = scene.objects[scene.target]!
      expect(parseGoal(` ${makeProblem(scene).question}\n`)).toEqual({ colour, shape })
    }
  })

  it.each([
    '',
    'Which digit is on the red?',
    'Which digit is on the red heart',
    'Which digit is on the pink heart?',
    'which digit is on the red heart?',
    'Which digit is on the red  heart?',
    'Which digit is on the red heart? Which digit is on the red heart?',
    'Tell me: Which digit is on the red heart?',
  ])('knows no goal in %j', (question) => expect(parseGoal(question)).toBeUndefined())
})

describe('sceneOf', () => {
  it('finds the very scene that posed a problem', () => {
    for (const ref of [...sceneRefs('train', 9, 3), ...sceneRefs('test', 9, 3)]) {
      const scene = sceneFrom(ref)
      expect(sceneOf(makeProblem(scene))).toEqual(scene)
    }
  })

  it('refuses a problem that no scene posed', () => {
    const problem = makeProblem(sceneFrom(sceneRefs('test', 1, 3)[0]!))
    const { answer: _, ...unanswered } = problem
    const others = [
      { ...problem, docId: 'holiday_12' },
      { ...problem, docId: 'shapes_extreme_12' },
      { ...problem, question: 'Where is my hat?' },
      { ...problem, answer: 'ten' },
      unanswered,
    ]
    for (const other of others) {
      expect(() => sceneOf(other)).toThrow(expect.objectContaining({ code: 'not-a-scene', exitCode: 2 }) as Error)
    }
  })
})
