import { expect, test } from 'vitest'
import * as library from '../index.ts'
import type { SearchEvent } from '../index.ts'

test('a search with nothing but the library', async () => {
  const { makeProblem, makeScene, profiles, scenePicture, search, teacherPolicy } = library
  const scene = makeScene(5, 'easy')
  const problem = makeProblem(scene)
  const policy = teacherPolicy({ sceneOf: () => scene })
  const events: SearchEvent[] = []
  const options = { profile: profiles.embedded, maxTurns: 32, seed: 1 }
  for await (const event of search({ picture: scenePicture(scene, 1024), problem }, policy, options)) events.push(event)
  const last = events.at(-1)
  expect(last?.kind === 'ended' && library.judgeExact(problem, last.trajectory.answer).kind).toBe('correct')
})

test('what others import by name is there', () => {
  const names = [
    'openPicture',
    'search',
    'embeddedPolicy',
    'profiles',
    'parseTurn',
    'resolveBox',
    'judgeExact',
    'advantages',
  ]
  expect(Object.keys(library)).toEqual(expect.arrayContaining(names))
})
