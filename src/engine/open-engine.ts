/** The engines that `--engine` can name, and how to open each. Only this file parses that name. */
import type { ChatModel } from '../model/renderer/chat-model.ts'
import { UserError } from '../shared/errors.ts'
import { readCheckpoint } from './embedded/checkpoint.ts'
import { createEmbeddedEngine } from './embedded/embedded-engine.ts'
import type { Engine, PolicyLoss } from './engine.ts'
import { connectEngine } from './tinker/connect.ts'
import type { TinkerConnection } from './tinker/connect.ts'
import { isHosted, refuseLoss, tinkerKinds } from './tinker/server-kinds.ts'

interface EngineChoice extends Omit<TinkerConnection, 'url'> {
  readonly engine: string
  /** Threads of the embedded engine. */
  readonly workers?: number
}

export interface Training {
  readonly seed: number
  /** The stem of the small model is not to learn; engines elsewhere freeze nothing. */
  readonly frozenStem: boolean
  /** The weights that it will be given: the small model takes the shape that these have. */
  readonly from?: string | undefined
  /** The vision-language model whose tokens are sent; absent: the small model. */
  readonly model?: ChatModel | undefined
  /** In reinforcement learning: an engine that lacks it refuses. */
  readonly loss?: PolicyLoss | undefined
}

export interface NamedEngine {
  /** It has its own initial weights, and stores those that it trains. */
  readonly isRemote: boolean
  /** The options that affect results; an address may change between a run and its resumption. */
  readonly settings: object
  /** Throws `UserError` for what such an engine is known not to compute, before one is opened. */
  refuseLoss(loss: PolicyLoss): void
  open(training: Training): Promise<Engine>
}

function refuseEmbedded({ kind }: PolicyLoss): void {
  if (kind === 'ppo') return
  throw new UserError(
    'loss-unknown',
    `The embedded engine has no loss ${kind}. Use --loss ppo, or train on a server that has it.`,
  )
}

/** What `--engine` takes, for its help. */
export const engineForms = 'embedded, or tinker:<url> for a Tinker-compatible server'

/** Throws `UserError` for an engine that does not exist, or settings that the one at this address is known to lack. */
export function engineNamed({ engine, workers, ...server }: EngineChoice): NamedEngine {
  if (engine === 'embedded') {
    const open = async ({ seed, frozenStem, from }: Training): Promise<Engine> => {
      const config = from === undefined ? undefined : (await readCheckpoint(from)).config
      return createEmbeddedEngine({ config, seed, frozenStem, workers })
    }
    return { isRemote: false, settings: {}, refuseLoss: refuseEmbedded, open }
  }
  if (/^tinker:https?:\/\//.test(engine)) {
    const { baseModel, tinkerServer, loraRank } = server
    const url = engine.slice('tinker:'.length)
    const hosted = URL.canParse(url) && isHosted(new URL(url))
    if (hosted && loraRank === 0) {
      throw new UserError(
        'lora-rank',
        'The hosted service trains adapters only: give --lora-rank 1 or more, or leave it out.',
      )
    }
    const kind = tinkerServer ?? (hosted ? 'hosted' : undefined)
    return {
      isRemote: true,
      settings: { engine: { kind: 'tinker', server: tinkerServer, baseModel, loraRank } },
      refuseLoss: (loss) => kind && refuseLoss(tinkerKinds[kind], loss),
      open: ({ seed, model, loss }) => connectEngine({ ...server, url }, seed, model, loss),
    }
  }
  throw new UserError('engine-unknown', `There is no engine "${engine}". Use embedded, or tinker:http://host:8000.`)
}
