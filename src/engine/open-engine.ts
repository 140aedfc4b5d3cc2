/** The engines that `--engine` can name, and how each is opened: nobody else reads that name. */
import type { ChatModel } from '../model/renderer/chat-model.ts'
import { UserError } from '../shared/errors.ts'
import { createEmbeddedEngine } from './embedded/embedded-engine.ts'
import type { Engine } from './engine.ts'
import { connectEngine } from './tinker/connect.ts'
import type { TinkerConnection } from './tinker/connect.ts'

interface EngineChoice extends Omit<TinkerConnection, 'url'> {
  readonly engine: string
  /** Threads of the embedded engine. */
  readonly workers?: number
}

export interface Training {
  readonly seed: number
  /** The stem of the small model is not to learn; engines elsewhere freeze nothing. */
  readonly frozenStem: boolean
  /** The vision-language model whose tokens are sent; none: the small one. */
  readonly model?: ChatModel | undefined
}

export interface NamedEngine {
  /** It has weights of its own to start from, and keeps those that it trains. */
  readonly isRemote: boolean
  /** What of the options decides what is computed; an address may change between a run and its resumption. */
  readonly settings: object
  open(training: Training): Promise<Engine>
}

/** Throws `UserError` for an engine that there is not. */
export function engineNamed({ engine, workers, ...server }: EngineChoice): NamedEngine {
  if (engine === 'embedded') {
    const open = async (training: Training): Promise<Engine> => createEmbeddedEngine({ ...training, workers })
    return { isRemote: false, settings: {}, open }
  }
  if (/^tinker:https?:\/\//.test(engine)) {
    const { baseModel, tinkerServer, loraRank } = server
    return {
      isRemote: true,
      settings: { engine: { kind: 'tinker', server: tinkerServer, baseModel, loraRank } },
      open: ({ seed, model }) => connectEngine({ ...server, url: engine.slice('tinker:'.length) }, seed, model),
    }
  }
  throw new UserError('engine-unknown', `No engine "${engine}". Say embedded, or tinker:http://host:8000.`)
}
