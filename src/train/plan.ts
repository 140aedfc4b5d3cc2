/** What a training run comes to on an engine elsewhere, before anything is sent. Pure arithmetic over its settings. */
import { defaultConfig, patchTokens } from '../model/config.ts'
import { longestReply } from '../policy/embedded/take-turn.ts'
import type { ColdStartTurn } from './sft/cold-start-turns.ts'
import type { RunRlSettings } from './rl/run-rl.ts'
import type { SftSettings } from './sft/sft.ts'

export interface Plan {
  /** Optimiser steps. */
  readonly steps: number
  /** Sequences whose gradients are computed. */
  readonly sequences: number
  /** Tokens that pass through the trainer, pictures and prompts included. */
  readonly trainedTokens: number
  readonly sampledTokens: number
  /** Tokens that are read for sampling. */
  readonly promptTokens: number
  readonly sentBytes: number
  /** In how many rounds a step may sample; sampled, prompt and sent figures count one of them. */
  readonly samplingRounds: number
  /** Figures that depend on how searches go are the largest that they can be. */
  readonly atMost: boolean
}

/** A view without compression, in base64: no picture file of it is larger by more than a header. */
const viewBytes = Math.ceil((defaultConfig.viewPx ** 2 * 3 * 4) / 3)
/** A token on the wire: its id, and for training its target, weight or advantage, and log-probability. */
const tokenBytes = { sampling: 4, training: 40 } as const

export function planSft(turns: readonly ColdStartTurn[], { steps, batch }: SftSettings): Plan {
  const all = turns.reduce((sum, { prompt, reply }) => sum + prompt.length + reply.length - 1, 0)
  const sequences = steps * batch
  const trainedTokens = Math.round(sequences * (patchTokens(defaultConfig) + all / turns.length))
  const sentBytes = sequences * viewBytes + trainedTokens * tokenBytes.training
  return {
    steps,
    sequences,
    trainedTokens,
    sampledTokens: 0,
    promptTokens: 0,
    sentBytes,
    samplingRounds: 1,
    atMost: false,
  }
}

export function planRl(settings: RunRlSettings): Plan {
  const { steps, problemsPerStep, groupSize, maxTurns, updates } = settings
  const sequences = steps * problemsPerStep * groupSize * maxTurns
  const { contextTokens } = defaultConfig
  const trainedTokens = sequences * contextTokens
  const sampledTokens = sequences * longestReply
  const promptTokens = sequences * contextTokens
  const sampling = sequences * viewBytes + promptTokens * tokenBytes.sampling
  const sentBytes = sampling + sequences * viewBytes + trainedTokens * tokenBytes.training
  const samplingRounds = settings.maxSamplingRounds
  const sent = { sampledTokens, promptTokens, sentBytes, samplingRounds }
  return { steps: steps * updates, sequences, trainedTokens, ...sent, atMost: true }
}
