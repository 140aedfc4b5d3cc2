/** A connection to a training server whose model is the one that is meant. */
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { special } from '../../model/tokenizer.ts'
import type { PolicyLoss, TokenPrices } from '../engine.ts'
import { UserError } from '../../shared/errors.ts'
import { embeddedModelName, tinkerKinds } from './server-kinds.ts'
import type { TinkerKindName } from './server-kinds.ts'
import { tinkerEngine } from './tinker-engine.ts'
import type { TinkerEngine } from './tinker-engine.ts'

export interface TinkerConnection {
  readonly url: string
  readonly apiKeyEnv?: string | undefined
  readonly baseModel?: string
  readonly tinkerServer?: TinkerKindName
  readonly loraRank?: number
  readonly prices?: TokenPrices
}

/** `vlm`: the model whose tokens are sent; absent: the small model. Throws `UserError` if the server has another one. */
export async function connectEngine(
  { url, baseModel, apiKeyEnv, tinkerServer, loraRank, prices }: TinkerConnection,
  seed: number,
  vlm: ChatModel | undefined,
  loss?: PolicyLoss,
): Promise<TinkerEngine> {
  const kind = tinkerServer && tinkerKinds[tinkerServer]
  const endTokens = [vlm ? vlm.end : special.end]
  const engine = await tinkerEngine({ url, apiKeyEnv, kind, baseModel, loraRank, seed, endTokens, loss, prices })
  if ((engine.baseModel === embeddedModelName) === (vlm !== undefined)) {
    await engine.close()
    throw new UserError(
      'model-files-missing',
      vlm === undefined
        ? `${engine.baseModel} has its own tokenizer. Name a folder that contains it: --model-files <folder>, ` +
            'or --model-files hub:<owner>/<name> to download it.'
        : `${engine.baseModel} is the embedded model, whose tokenizer is built in. Leave --model-files out.`,
    )
  }
  return engine
}
