/**
 * The recipe as an ordered list of ordinary commands: what a person would type after `mini-o3`, each with a run folder of
 * its own inside the recipe's. So every stage can be read, repeated by hand, and resumed. Pure.
 */
import { join } from 'node:path'
import { policyFile } from '../runs/training.ts'
import { shellWord } from '../shared/shell-word.ts'
import { presets } from './presets.ts'
import type { Flags, PresetName } from './presets.ts'

export interface RecipeStage {
  /** Also the stage's folder. */
  readonly name: StageName
  /** The words after `mini-o3`. */
  readonly words: readonly string[]
}

export const policies = ['sft', 'masked', 'vanilla'] as const
/** The cold start, and what each objective of reinforcement learning made of it. */
export type PolicyName = (typeof policies)[number]

/** What reinforcement learning makes: with over-turn masking, and without it as the control. */
export const trainedPolicies = ['masked', 'vanilla'] as const
export type TrainedName = (typeof trainedPolicies)[number]

/** Stages of reinforcement learning by the policy that they train. */
export const rlStages = { masked: 'rl-masked', vanilla: 'rl-vanilla' } as const satisfies Record<TrainedName, string>

type StageName = 'probe' | 'scenes' | 'collect' | 'sft' | 'rl-masked' | 'rl-vanilla' | `eval-${PolicyName}`

export interface RecipeSettings {
  readonly preset: PresetName
  readonly seed: number
  /** Worker threads of training, which decide roundings. */
  readonly workers: number
}

/** The stages in their order, with paths inside `folder`. */
export function recipeStages({ preset, seed, workers }: RecipeSettings, folder: string): readonly RecipeStage[] {
  const { coldStartScenes, rlScenes, testScenesPerLevel, testTurns, sft, rl } = presets[preset]
  const at = (...parts: readonly string[]): string => join(folder, ...parts)
  // Another seed, so that reinforcement learning meets scenes that the cold start has not seen, and so on.
  const nextSeed = (seed + 1) % 2 ** 31
  const shared = { seed, workers }
  const build = (name: 'probe' | 'scenes', flags: Flags): RecipeStage => ({
    name,
    words: ['probe', 'build', '--out', at(name), ...wordsOf(flags), '--no-pictures'],
  })
  const searchesAtOnce = { concurrency: 64 }
  const learn = (objective: 'official' | 'vanilla', name: 'rl-masked' | 'rl-vanilla'): RecipeStage => {
    const data = ['--data', at('scenes'), '--from', at('sft', policyFile())]
    return {
      name,
      words: ['rl', ...data, '--objective', objective, ...wordsOf({ ...rl, ...shared }), '--run', at(name)],
    }
  }
  const measure = (measured: PolicyName): RecipeStage => {
    const trained = measured === 'sft' ? 'sft' : rlStages[measured]
    const data = ['--data', at('scenes'), '--checkpoint', at(trained, policyFile())]
    const flags = { temperature: 1, 'max-turns': testTurns, ...searchesAtOnce, seed }
    return { name: `eval-${measured}`, words: ['eval', ...data, ...wordsOf(flags), '--run', at(`eval-${measured}`)] }
  }
  const coldStart = ['--collection', at('collect')]
  const collect = wordsOf({ 'mistake-rate': 0.05, ...searchesAtOnce, seed })
  return [
    build('probe', { train: coldStartScenes, seed }),
    build('scenes', { train: rlScenes, test: 3 * testScenesPerLevel, seed: nextSeed }),
    { name: 'collect', words: ['collect', '--data', at('probe'), ...collect, '--run', at('collect')] },
    { name: 'sft', words: ['sft', ...coldStart, ...wordsOf({ ...sft, ...shared }), '--run', at('sft')] },
    learn('official', 'rl-masked'),
    learn('vanilla', 'rl-vanilla'),
    ...policies.map(measure),
  ]
}

/** A stage as a line for a shell. */
export function commandLine({ words }: Pick<RecipeStage, 'words'>): string {
  return ['mini-o3', ...words.map(shellWord)].join(' ')
}

function wordsOf(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  )
}
