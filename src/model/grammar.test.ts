import { describe, expect, test } from 'vitest'
import { teacherPolicy } from '../policy/teacher/teacher.ts'
import { makeProblem } from '../probe/problem.ts'
import { makeScene } from '../probe/scene.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { levels } from '../protocol/problem.ts'
import { parseTurn } from '../protocol/parse-turn.ts'
import { profiles } from '../protocol/profile.ts'
import { searchToEnd } from '../search/search-many.ts'
import { random } from '../shared/random.ts'
import { formStates, formStatesOf, formTable, newestShown, turnForm } from './grammar.ts'
import { decodeTokens, encodeText, maxObservations, special, tokenOf, vocabularySize } from './tokenizer.ts'

describe('the form of a turn', () => {
  test('everything that the teacher writes has it', async () => {
    for (const level of levels) {
      for (let seed = 0; seed < 25; seed++) {
        const scene = makeScene(seed, level)
        const policy = teacherPolicy({ sceneOf: () => scene, mistakeRate: 0.2 })
        const task = { picture: scenePicture(scene, 1024), problem: makeProblem(scene) }
        const { trajectory } = await searchToEnd(task, policy, { profile: profiles.embedded, seed })
        let newest = 0
        for (const { text } of trajectory.turns) {
          const form = turnForm(newest++)
          for (const token of [...encodeText(text), special.end]) {
            expect(form.allowed(), text).toContain(token)
            form.accept(token)
          }
        }
      }
    }
  })

  test('as a table, by the state before each token, it is the same', () => {
    const table = formTable()
    const rng = random('table', 1)
    const met = new Set<number>()
    expect(table.subarray(0, vocabularySize).every((value) => value === 1)).toBe(true)
    for (let i = 0; i < 10 * (maxObservations + 1); i++) {
      const newest = i % (maxObservations + 1)
      const form = turnForm(newest)
      const tokens: number[] = []
      const states: number[] = []
      while (tokens.length < 60 && tokens.at(-1) !== special.end) {
        const state = form.state()
        const row = table.subarray(state * vocabularySize, (state + 1) * vocabularySize)
        const allowed = [...row.keys()].filter((token) => row[token] === 1)
        expect(allowed.toSorted((a, b) => a - b)).toEqual([...form.allowed()].sort((a, b) => a - b))
        met.add(state)
        states.push(state)
        tokens.push(rng.pick(form.allowed()))
        form.accept(tokens.at(-1)!)
      }
      expect(formStatesOf(tokens, newest)).toEqual(states)
    }
    // All but the one of no form: a list that is full among them.
    expect(met.size).toBe(formStates - 1)
  })

  test('a source is a picture that was shown: the original or an observation up to the newest', () => {
    const start = encodeText('<think>Goal: red star. Some candidates. To check: ')
    for (const [shown, newest] of [
      ['original_image', 0],
      ['observation_1', 1],
      ['observation_17', 17],
      ['There is no observation_17 yet.', maxObservations],
    ] as const) {
      expect(newestShown(encodeText(shown)), shown).toBe(newest)
      const form = turnForm(newest)
      for (const token of start) form.accept(token)
      const names = Array.from({ length: newest }, (_, i) => `observation_${i + 1}`)
      expect([...form.allowed()]).toEqual(['original_image', ...names].map(tokenOf))
    }
  })

  test('whatever has it and comes to an end holds one action that can be parsed', () => {
    const rng = random('form', 1)
    let ended = 0
    for (let i = 0; i < 300; i++) {
      const form = turnForm()
      const tokens: number[] = []
      while (tokens.length < 60) {
        const token = rng.pick(form.allowed())
        if (token === special.end) break
        tokens.push(token)
        form.accept(token)
      }
      if (tokens.length === 60) continue
      ended++
      const turn = parseTurn(decodeTokens(tokens), profiles.embedded)
      expect('action' in turn, decodeTokens(tokens)).toBe(true)
    }
    expect(ended).toBeGreaterThan(100)
  })
})
