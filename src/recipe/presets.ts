/** How large each part of the recipe is: the one place to tune it. Plain data. */
import { keysOf } from '../shared/fields.ts'

/** Words of a command by their names: `{ steps: 80, 'train-stem': true }` is `--steps 80 --train-stem`. */
export type Flags = Readonly<Record<string, number | true>>

export interface Preset {
  /** A smoke run shows that everything works; its figures mean nothing. */
  readonly smoke: boolean
  /** Scenes that the teacher searches for the cold start. */
  readonly coldStartScenes: number
  /** Scenes that reinforcement learning draws its problems from. */
  readonly rlScenes: number
  /** Held-out scenes of each level, on which all three policies are measured. */
  readonly testScenesPerLevel: number
  /** Turns that a search may take when it is measured. */
  readonly testTurns: number
  readonly sft: Flags
  /** The same for both objectives, so that nothing but the mask differs. */
  readonly rl: Flags & { readonly steps: number; readonly 'max-turns': number }
}

/** Shares of the levels among the problems of reinforcement learning. */
const mix = { easy: 0.25, medium: 0.35, hard: 0.4 }

export const presets = {
  full: {
    smoke: false,
    coldStartScenes: 36_000,
    rlScenes: 12_000,
    testScenesPerLevel: 200,
    testTurns: 32,
    sft: { 'look-steps': 1500, steps: 3600, 'learning-rate': 0.0015, 'warmup-steps': 100, 'train-stem': true },
    rl: {
      // At this rate the masked policy ended lower after 80 steps than after 40 in four pairs of four (docs/experiments/rl.md).
      steps: 40,
      'problems-per-step': 16,
      'group-size': 16,
      'max-turns': 6,
      'learning-rate': 1e-4,
      'warmup-steps': 5,
      ...mix,
    },
  },
  quick: {
    smoke: true,
    coldStartScenes: 1500,
    rlScenes: 300,
    testScenesPerLevel: 20,
    testTurns: 32,
    sft: { 'look-steps': 300, steps: 100, 'learning-rate': 0.0015, 'warmup-steps': 10, 'train-stem': true },
    rl: {
      steps: 6,
      'problems-per-step': 4,
      'group-size': 4,
      'max-turns': 6,
      'learning-rate': 1e-4,
      'warmup-steps': 2,
      ...mix,
    },
  },
} as const satisfies Readonly<Record<string, Preset>>

export type PresetName = keyof typeof presets

export const presetNames = keysOf(presets)

export const smokeNote =
  'This is a smoke run: it shows that every stage works. It trains far too little, so its figures mean nothing.'
