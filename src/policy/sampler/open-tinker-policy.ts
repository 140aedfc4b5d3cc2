/** Opens a vision-language model on a Tinker server, with the weights stored there by training. */
import { connectEngine } from '../../engine/tinker/connect.ts'
import type { TinkerConnection } from '../../engine/tinker/connect.ts'
import { openChatModel } from '../../model/renderer/chat-model.ts'
import type { Profile } from '../../protocol/profile.ts'
import { UserError } from '../../shared/errors.ts'
import type { Policy } from '../policy.ts'
import { tokenPolicy } from './token-policy.ts'

export interface TinkerPolicyOptions extends Omit<TinkerConnection, 'url'> {
  readonly baseUrl: string
  readonly modelFiles?: string
  /** `policy.json` of a training run, or an address `tinker://...`; default: the base model. */
  readonly checkpoint?: string | undefined
  readonly temperature: number
  readonly replyTokens?: number
}

const longestReply = 2_000

/** Throws `UserError`. */
export async function openTinkerPolicy(options: TinkerPolicyOptions, profile: Profile): Promise<Policy> {
  const { baseUrl, modelFiles, checkpoint, temperature, replyTokens: maxTokens = longestReply } = options
  if (modelFiles === undefined) {
    throw new UserError(
      'model-files-missing',
      '--policy tinker needs the tokenizer of the model: add --model-files <folder>, or --model-files hub:<owner>/<name> to download it.',
    )
  }
  const model = await openChatModel(modelFiles)
  const engine = await connectEngine({ ...options, url: baseUrl }, 0, model)
  try {
    if (checkpoint !== undefined) await engine.loadWeights(checkpoint)
    const sampler = await (checkpoint === undefined ? engine.baseSampler() : engine.sampler())
    const policy = tokenPolicy({ name: `tinker:${engine.baseModel}`, sampler, model, profile, temperature, maxTokens })
    return { ...policy, close: () => engine.close() }
  } catch (error) {
    await engine.close()
    throw error
  }
}
