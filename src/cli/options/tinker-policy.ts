/** `--policy tinker`: a vision-language model sampled on a Tinker server, with the weights that training left there. */
import type { Command } from 'commander'
import { openChatModel } from '../../model/qwen/chat-model.ts'
import { tokenPolicy } from '../../policy/sampler/token-policy.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Profile } from '../../protocol/profile.ts'
import { UserError } from '../../shared/errors.ts'
import { connectEngine, serverOptions } from './engine.ts'
import type { ServerOptions } from './engine.ts'
import { onlyWhere } from './strict.ts'

export interface TinkerPolicyOptions extends ServerOptions {
  readonly modelFiles?: string
}

export const modelFilesOption = [
  '--model-files <place>',
  'tinker: of a Qwen vision-language model, a folder with its tokenizer, or hub:<owner>/<name> to download it',
] as const

/** Beside those of an endpoint, whose address and key they share. */
export function tinkerPolicyOptions(command: Command): Command {
  const names = ['model-files', 'base-model', 'tinker-server', 'lora-rank']
  const isTinker = ({ policy }: { readonly policy: string }): boolean => policy === 'tinker'
  onlyWhere(command, names, isTinker, 'for a model on a Tinker server: add --policy tinker')
  return serverOptions(command.option(...modelFilesOption))
}

const longestReply = 2_000

/** `checkpoint`: a note of training or an address `tinker://...`; none: the server's own weights. Throws `UserError`. */
export async function openTinkerPolicy(
  options: TinkerPolicyOptions & {
    readonly baseUrl?: string
    readonly apiKeyEnv?: string
    readonly checkpoint?: string
    readonly temperature: number
    readonly replyTokens?: number
  },
  profile: Profile,
): Promise<Policy> {
  const { baseUrl, modelFiles, checkpoint, temperature, replyTokens: maxTokens = longestReply } = options
  if (modelFiles === undefined) {
    throw new UserError(
      'model-files-missing',
      '--policy tinker needs the model’s tokenizer: --model-files <folder>, or --model-files hub:<owner>/<name> to download it.',
    )
  }
  const model = await openChatModel(modelFiles)
  const engine = await connectEngine({ ...options, url: baseUrl! }, 0, model)
  try {
    if (checkpoint !== undefined) await engine.loadWeights(checkpoint)
    const sampler = await engine.sampler()
    const policy = tokenPolicy({ name: `tinker:${engine.baseModel}`, sampler, model, profile, temperature, maxTokens })
    return { ...policy, close: () => engine.close() }
  } catch (error) {
    await engine.close()
    throw error
  }
}
