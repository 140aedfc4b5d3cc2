/** What servers of this protocol can do and how they differ: facts, so that algorithms need not know (tinker-protocol 4.5). */
import { type Loss, policyLosses, type PolicyLossName } from '../engine.ts'
import { lossClips } from '../policy-loss.ts'
import type { RequestLimits } from './sequences.ts'
import { UserError } from '../../shared/errors.ts'
import { keysOf } from '../../shared/fields.ts'

export interface TinkerKind {
  readonly name: string
  /** How training data are written; results come as the server likes, all else is JSON. SkyRL 0.4 has no JSON for data. */
  readonly codec: 'json' | 'protobuf'
  /** What losses are reduced to between two optimiser steps; `mean`: over the tokens of a datum, then over the data. */
  readonly reduction: 'sum' | 'mean'
  readonly images: boolean
  /** Which of Adam's settings count; the others are the server's own. */
  readonly adam: 'all' | 'no-clip' | 'learning-rate'
  readonly losses: readonly Loss['kind'][]
  /** Losses whose range the server sets itself: a request that names one is refused there. */
  readonly ownRange: readonly PolicyLossName[]
  /**
   * The input that marks the policy's own tokens with 1. Where a loss takes a mean over them and is not told, it runs over the
   * prompt as well.
   */
  readonly ownTokens: Readonly<Partial<Record<PolicyLossName, 'weights' | 'sequence_ratio_mask'>>>
  /** Takes the sampler's log-probabilities beside the trainer's, and corrects for what lies between them if told to. */
  readonly rolloutLogprobs: boolean
  /** Rank of the adapter that is trained unless told otherwise; 0 trains all weights. */
  readonly loraRank: number
  /** Pending requests of a model are merged into one batch, padded to its longest sequence: send one at a time. */
  readonly merges: boolean
  readonly requests: RequestLimits
  /** Samples from the weights that were published while others are trained; elsewhere they share the memory of one GPU. */
  readonly samplesApart: boolean
  /** It bills its users, and tells them what. */
  readonly billing: boolean
  /** 409 means "busy", and not that the request contradicts an earlier one. */
  readonly conflictPasses: boolean
  /** Keeps replies to the form of a turn (`SampleRequest.formed`): an extension for the small model. */
  readonly formed: boolean
}

const common = {
  codec: 'protobuf',
  reduction: 'sum',
  images: true,
  losses: ['cross-entropy', 'ppo'],
  ownRange: [],
  ownTokens: {},
  rolloutLogprobs: false,
  samplesApart: false,
  billing: false,
  /** Of the protocol's own client. */
  requests: { sequences: 1024, bytes: 5_000_000 },
  formed: false,
} as const

export const tinkerKinds = {
  /** SkyRL on FSDP or Megatron. */
  skyrl: {
    ...common,
    name: 'skyrl',
    losses: ['cross-entropy', ...policyLosses],
    // Release 0.4 lets a request name cispo's thresholds and then fails at them.
    ownRange: ['cispo'],
    ownTokens: { ppo: 'weights', cispo: 'weights', gspo: 'weights', dppo: 'weights' },
    rolloutLogprobs: true,
    adam: 'learning-rate',
    loraRank: 0,
    merges: true,
    // A request is the batch that all devices share; a search with pictures takes some 9 MB of the 1 GiB that it may have.
    requests: { sequences: 64, bytes: 600_000_000 },
    conflictPasses: false,
  },
  /** SkyRL's JAX backend: text only. */
  'skyrl-jax': {
    ...common,
    name: 'skyrl-jax',
    losses: ['cross-entropy', 'ppo', 'cispo'],
    reduction: 'mean',
    images: false,
    adam: 'no-clip',
    loraRank: 8,
    merges: false,
    conflictPasses: false,
  },
  /** TuFT. Its codec knows pictures, which nobody has trained on there. */
  tuft: {
    ...common,
    name: 'tuft',
    losses: ['cross-entropy', 'ppo', 'cispo'],
    images: false,
    adam: 'all',
    loraRank: 8,
    merges: false,
    conflictPasses: false,
  },
  /** The Tinker service of Thinking Machines. */
  hosted: {
    ...common,
    name: 'hosted',
    samplesApart: true,
    billing: true,
    losses: ['cross-entropy', 'ppo', 'cispo', 'gspo'],
    ownTokens: { gspo: 'sequence_ratio_mask' },
    adam: 'all',
    loraRank: 32,
    merges: false,
    conflictPasses: true,
  },
  /** The small model of this project behind the protocol. */
  embedded: {
    ...common,
    name: 'embedded',
    samplesApart: true,
    codec: 'json',
    adam: 'all',
    loraRank: 0,
    merges: false,
    conflictPasses: false,
    formed: true,
  },
} as const satisfies Record<string, TinkerKind>

export type TinkerKindName = keyof typeof tinkerKinds
export const tinkerKindNames = keysOf(tinkerKinds)

/** The name under which a server offers the small model. */
export const embeddedModelName = 'mini-o3/embedded'

/** Whether this is the address of the service of Thinking Machines. */
export function isHosted(url: URL): boolean {
  return url.hostname.endsWith('.thinkingmachines.dev')
}

/** By its address and the models that it lists. JAX servers and TuFT do not tell and have to be named. */
export function guessServerKind(url: URL, models: readonly string[]): TinkerKind {
  if (isHosted(url)) return tinkerKinds.hosted
  return models.includes(embeddedModelName) ? tinkerKinds.embedded : tinkerKinds.skyrl
}

/** Throws `UserError` for a loss that such servers lack, or a range that they do not take. */
export function refuseLoss(kind: TinkerKind, loss: Loss): void {
  if (!kind.losses.includes(loss.kind)) {
    const has = kind.losses.filter((name) => name !== 'cross-entropy').join(', ')
    throw new UserError(
      'tinker-loss',
      `Servers of kind ${kind.name} have no loss ${loss.kind}. They have ${has}: name one with --loss.`,
    )
  }
  if (loss.kind === 'cross-entropy' || !kind.ownRange.includes(loss.kind)) return
  const { clipLow, clipHigh } = lossClips[loss.kind]
  if (loss.clipLow === clipLow && loss.clipHigh === clipHigh) return
  throw new UserError(
    'tinker-loss',
    `Servers of kind ${kind.name} set the range of ${loss.kind} themselves. Leave --clip-low and --clip-high out, and set it where the server is started.`,
  )
}

/** Settings that such a server does not follow, one sentence each. */
export function ignoredSettings(kind: TinkerKind): string[] {
  const notes: string[] = []
  if (kind.adam === 'learning-rate')
    notes.push(
      'Of the optimiser’s settings only the learning rate is used; the server sets betas, epsilon, weight decay and clipping.',
    )
  if (kind.adam === 'no-clip') notes.push('Gradients are not clipped.')
  if (kind.reduction === 'mean')
    notes.push(
      'Supervised losses are averaged over each sequence: all sequences count the same, whatever their length and weights.',
    )
  if (!kind.images) notes.push('Pictures are dropped: only text can be trained.')
  if (kind.name !== 'embedded') {
    notes.push('The server does not report which tokens were the likeliest, so there is no accuracy by kind of token.')
    notes.push('No part of the model can be frozen; a vision tower is trained unless the server leaves it out.')
  }
  return notes
}
