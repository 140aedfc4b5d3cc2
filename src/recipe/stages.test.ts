/** The recipe's commands: in an order in which each finds what it needs, and the same but for the mask. */
import { join } from 'node:path'
import { assert, constantFrom, nat, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { presetNames } from './presets.ts'
import { commandLine, recipeStages } from './stages.ts'

const settings = { preset: 'quick', seed: 7, workers: 3 } as const

/** What a command writes into, and what it reads. */
function pathsOf(words: readonly string[]): { readonly out: string; readonly from: readonly string[] } {
  const after = (name: string): string[] => words.flatMap((word, i) => (words[i - 1] === name ? [word] : []))
  return { out: [...after('--out'), ...after('--run')][0]!, from: ['--data', '--from', '--checkpoint'].flatMap(after) }
}

test('every stage works in its own folder and reads only what earlier ones made, for any preset, seed and folder', () => {
  assert(
    property(constantFrom(...presetNames), nat(2 ** 31 - 1), string({ minLength: 1 }), (preset, seed, name) => {
      const folder = join('runs', name.replaceAll('\0', ''))
      const made: string[] = []
      for (const stage of recipeStages({ preset, seed, workers: 2 }, folder)) {
        const { out, from } = pathsOf(stage.words)
        expect(out).toBe(join(folder, stage.name))
        for (const path of from) expect(made.some((own) => path === own || path.startsWith(join(own, '/')))).toBe(true)
        made.push(out)
        const seedWord = Number(stage.words[stage.words.indexOf('--seed') + 1])
        expect(seedWord).toBeLessThan(2 ** 31)
      }
    }),
  )
})

test('masked and vanilla differ in the objective and the folder alone', () => {
  const stages = new Map(recipeStages(settings, 'r').map(({ name, words }) => [name, words]))
  const masked = stages.get('rl-masked')!
  const vanilla = stages.get('rl-vanilla')!
  const differing = masked.flatMap((word, i) => (word === vanilla[i] ? [] : [[masked[i - 1], word, vanilla[i]]]))
  expect(differing).toEqual([
    ['--objective', 'official', 'vanilla'],
    ['--run', join('r', 'rl-masked'), join('r', 'rl-vanilla')],
  ])
  expect(masked).toEqual(expect.arrayContaining(['--workers', '3', '--seed', '7']))
})

test('reinforcement learning and the test use other scenes than the cold start', () => {
  const [probe, scenes] = recipeStages(settings, 'r').map(({ words }) => words[words.indexOf('--seed') + 1])
  expect([probe, scenes]).toEqual(['7', '8'])
})

test('a command is a line that a shell reads as the same words', () => {
  expect(commandLine({ words: ['sft', '--data', 'a/b-1.x', '--train-stem'] })).toBe(
    'mini-o3 sft --data a/b-1.x --train-stem',
  )
  expect(commandLine({ words: ['sft', "it's $HOME"] })).toBe("mini-o3 sft 'it'\\''s $HOME'")
})
