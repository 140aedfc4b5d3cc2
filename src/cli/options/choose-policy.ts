/** From the words `--policy`, `--checkpoint`, `--base-url` and their like to a policy. */
import type { Command } from 'commander'
import { blindPolicy } from '../../policy/baseline/blind.ts'
import { overviewPolicy } from '../../policy/baseline/overview.ts'
import { randomCropsPolicy } from '../../policy/baseline/random-crops.ts'
import { chatPolicy } from '../../policy/chat/chat-policy.ts'
import type { ChatPolicyOptions } from '../../policy/chat/chat-policy.ts'
import { embeddedPolicy, shippedCheckpoint } from '../../policy/embedded/embedded-policy.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Profile } from '../../protocol/profile.ts'
import { UserError } from '../../shared/errors.ts'
import { checkpointHash } from './checkpoint-hash.ts'
import { endpointOptions, openModel } from './endpoint.ts'
import { weightsHash } from './engine.ts'
import type { EndpointOptions } from './endpoint.ts'
import { openTinkerPolicy } from './tinker-policy.ts'
import type { TinkerPolicyOptions } from './tinker-policy.ts'
import { decimalNumber, wholeNumber } from './common.ts'
import { onlyWhere } from './strict.ts'

export interface PolicyOptions extends EndpointOptions, TinkerPolicyOptions {
  readonly policy: string
  readonly checkpoint?: string
  readonly temperature: number
  readonly replyTokens?: number
}

/** Stands for every model that a server has. */
const anyModel = 'chat:<model>'

/** Policies that answer a question about one picture. */
export const askPolicies = ['embedded', anyModel]
/** Policies that can be measured: those, and the baselines made from the embedded one. */
export const evalPolicies = ['embedded', anyModel, 'tinker', 'blind', 'overview', 'random-crops']

/** `alsoEmbedded`: the embedded policy works beside the named one. */
export function policyOptions(
  command: Command,
  temperature: number,
  names: readonly string[],
  alsoEmbedded = false,
): Command {
  onlyWhere<PolicyOptions>(
    command,
    ['checkpoint'],
    (options) => alsoEmbedded || (!isChat(options) && options.policy !== 'blind'),
    'for policies with weights of their own: add --policy embedded',
  )
  onlyWhere<PolicyOptions>(command, ['temperature'], ({ policy }) => policy !== 'blind', 'for policies that sample')
  command
    .option('--policy <name>', `who searches: ${names.join(', ')}`, 'embedded')
    .option('--checkpoint <file>', 'weights of the embedded policy (default: those that ship)')
    .option('--temperature <t>', '1 samples as in training, lower is surer', decimalNumber(0, 10), temperature)
  return chatOptions(command)
}

/** What only a model behind a server needs. */
export function chatOptions(command: Command): Command {
  const behindServer = 'for a model behind a server: add --policy chat:<model>'
  onlyWhere<PolicyOptions>(command, ['base-url', 'api-key-env', 'reply-tokens'], isVlm, behindServer)
  onlyWhere<PolicyOptions>(command, ['server', 'reply-seconds'], isChat, behindServer)
  return endpointOptions(command).option(
    '--reply-tokens <n>',
    'tokens of one turn of chat:<model> (default: 8192, and at most a quarter of its context)',
    wholeNumber(16),
  )
}

export function isChat({ policy }: Pick<PolicyOptions, 'policy'>): boolean {
  return policy.startsWith('chat:')
}

/** Vision-language models, wherever they are: they take any question, and any profile. */
export function isVlm(options: Pick<PolicyOptions, 'policy'>): boolean {
  return isChat(options) || options.policy === 'tinker'
}

/** Throws `UserError` for a name that is not among `names`, before anything is loaded or written. */
export function checkPolicyName(options: Pick<PolicyOptions, 'policy' | 'baseUrl'>, names: readonly string[]): void {
  const { policy } = options
  if (!names.includes(isChat(options) ? anyModel : policy)) {
    throw new UserError('policy-unknown', `--policy ${policy} is none of ${names.join(', ')}.`)
  }
  if (policy === 'chat:' || policy === anyModel) {
    throw new UserError(
      'policy-no-model',
      `--policy ${policy} names no model. Put its name behind the colon: \`mini-o3 doctor --base-url <url>\` lists those there are.`,
    )
  }
  if (isChat(options) && options.baseUrl === undefined) {
    throw new UserError(
      'base-url-missing',
      `--policy ${policy} needs --base-url, such as http://127.0.0.1:8000/v1 (vLLM), http://127.0.0.1:11434/v1 (Ollama), ` +
        'http://127.0.0.1:8080/v1 (llama.cpp) or https://api.openai.com/v1.',
    )
  }
  if (policy === 'tinker' && options.baseUrl === undefined) {
    throw new UserError(
      'base-url-missing',
      '--policy tinker needs --base-url, the address of a Tinker-compatible server, such as http://127.0.0.1:8000.',
    )
  }
}

/** What a run keeps of the policy: weights by their hash, so that a run never goes on with other weights; never a key. */
export async function policySettings(options: PolicyOptions): Promise<object> {
  const { policy, checkpoint, temperature, baseUrl, replyTokens } = options
  if (policy === 'blind') return { policy }
  if (isChat(options)) return { policy, baseUrl, temperature, replyTokens }
  if (policy === 'tinker') {
    const { baseModel, loraRank } = options
    return { policy, baseModel, loraRank, weights: await weightsHash(checkpoint), temperature, replyTokens }
  }
  return { policy, checkpoint: await checkpointHash(checkpoint ?? shippedCheckpoint), temperature }
}

/** Opens the policy; close it when done. `shots` are for models behind a server. */
export async function openPolicy(
  options: PolicyOptions,
  profile: Profile,
  shots?: ChatPolicyOptions['shots'],
): Promise<Policy> {
  const { policy, checkpoint, temperature } = options
  if (policy === 'blind') return blindPolicy([...'0123456789'])
  if (isChat(options)) return openChatPolicy(options, profile, shots)
  if (policy === 'tinker') return openTinkerPolicy(options, profile)
  const embedded = await embeddedPolicy({ checkpoint, temperature })
  if (policy === 'overview') return overviewPolicy(embedded)
  return policy === 'random-crops' ? randomCropsPolicy(embedded) : embedded
}

const longestReply = 8192

async function openChatPolicy(
  options: PolicyOptions,
  profile: Profile,
  shots: ChatPolicyOptions['shots'],
): Promise<Policy> {
  const { temperature, replyTokens } = options
  const { endpoint, model } = await openModel(options, options.policy.slice('chat:'.length))
  const quarter = Math.floor((model.contextLength ?? Number.POSITIVE_INFINITY) / 4)
  const maxTokens = replyTokens ?? Math.min(longestReply, quarter)
  const policy = chatPolicy({ endpoint, model: model.id, profile, temperature, maxTokens, shots })
  return { ...policy, close: async () => endpoint.close() }
}
