/** What a run trains: how it takes its turns from a sampler, under which profile, and with which optimiser. */
import { type AdamParameters, defaultAdam, type Sampler } from '../engine/engine.ts'
import type { ChatModel } from '../model/renderer/chat-model.ts'
import { decodeTokens } from '../model/tokenizer.ts'
import { samplerPolicy } from '../policy/embedded/sampler-policy.ts'
import type { Policy } from '../policy/policy.ts'
import { tokenPolicy } from '../policy/sampler/token-policy.ts'
import { type EmbeddedBudget, embeddedProfileWith, type Profile } from '../protocol/profile.ts'
import { lengthReader, partReader, type PartReader } from './token-parts.ts'

export interface Learner {
  readonly profile: Profile
  /** Its policy, at temperature 1: log-probabilities of other temperatures are not those that training needs. */
  policy(sampler: Sampler): Policy
  /** The part of a turn that each token of a reply writes. */
  readonly partsOf: PartReader
  /** Characters of each token of a reply. */
  readonly lengthsOf: (reply: readonly number[]) => number[]
  /** For reinforcement learning; the learning rate is the run's. */
  readonly adam: AdamParameters
}

/**
 * Above Adam's usual one: a parameter whose gradient of the reward is smaller than this moves little, the names of observations
 * that six turns never reach among them. Measured against 1e-3 in docs/experiments/rl-earlier.md.
 */
const epsilon = 1e-5

/** The small policy that ships. */
export function embeddedLearner(budget: EmbeddedBudget): Learner {
  const profile = embeddedProfileWith(budget)
  return {
    profile,
    partsOf: partReader(profile, decodeTokens),
    lengthsOf: lengthReader(decodeTokens),
    policy: (sampler) => samplerPolicy('embedded', sampler, 1),
    adam: { ...defaultAdam, weightDecay: 0, epsilon },
  }
}

/** As the released training has it (reference 7): AdamW as its trainer's defaults are. */
export const vlmAdam: AdamParameters = {
  learningRate: 1e-6,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
}

/** A vision-language model on a server. `maxTokens`: of one turn. */
export function vlmLearner(model: ChatModel, profile: Profile, maxTokens: number): Learner {
  return {
    profile,
    partsOf: partReader(profile, model.tokenizer.decode),
    lengthsOf: lengthReader(model.tokenizer.decode),
    policy: (sampler) => tokenPolicy({ name: 'vlm', sampler, model, profile, temperature: 1, maxTokens }),
    adam: vlmAdam,
  }
}
