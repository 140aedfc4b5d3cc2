/** Properties of each kind of OpenAI-compatible server, as data. */
import { own } from '../shared/known.ts'

export const serverKindNames = [
  'vllm',
  'sglang',
  'llamacpp',
  'ollama',
  'lmstudio',
  'openai',
  'gemini',
  'transformers',
  'mini-o3',
  'generic',
] as const
export type ServerKindName = (typeof serverKindNames)[number]

export interface ServerKind {
  readonly name: ServerKindName
  /** Official spelling. */
  readonly title: string
  /** How stop strings are handled: `kept` in the reply (with the extra fields below), `stripped` from it, or `unsent` because they are not supported. */
  readonly stop: 'kept' | 'stripped' | 'unsent'
  /** Sent together with stop strings. */
  readonly stopFields: Readonly<Record<string, unknown>>
  /**
   * Sent together with a temperature: parameters that the server would otherwise take from the model's generation config, such as a top_k
   * of 1. The values make the temperature the only sampling parameter, as in the released code.
   */
  readonly samplingFields: Readonly<Record<string, number>>
  readonly seed: boolean
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
  /** Whether a picture can be sent by id once the server has received it. */
  readonly imageIds: boolean
  /** Requests full size from servers that would shrink pictures. */
  readonly imageDetail?: 'high'
  /** Where to find the context length if it is not in the model list; a path outside `/v1`. */
  readonly contextPath?: '/props' | '/api/ps'
  /** Optional prefix of the names in its list. */
  readonly namePrefix?: RegExp
  /** How the operator allows `n` pictures per prompt. */
  readonly moreImages: (n: number) => string
  /** How the operator increases the context length. */
  readonly moreContext: string
  /** How the operator allows more tokens per picture, if there is a limit. */
  readonly moreImageTokens?: string
  /** How to make it respect sampling parameters, if it may not. */
  readonly moreSampling?: string
  /** How to make it respect seeds, if it may not. */
  readonly seeding?: string
  /** How to make it accept pictures. */
  readonly seeing: string
  /** The usual environment variable of its API key. */
  readonly keyEnv: string
}

const plain = {
  stop: 'stripped',
  stopFields: {},
  samplingFields: {},
  seed: true,
  maxTokensField: 'max_tokens',
  imageIds: false,
  seeing: 'Choose a vision model.',
} as const
const temperatureAlone = { top_p: 1, top_k: -1, repetition_penalty: 1 }
const fixedCap = (): string => 'its picture limit is fixed'
const ownKey = 'VLM_API_KEY'

export const serverKinds: Readonly<Record<ServerKindName, ServerKind>> = {
  vllm: {
    ...plain,
    name: 'vllm',
    title: 'vLLM',
    stop: 'kept',
    stopFields: { include_stop_str_in_output: true },
    samplingFields: temperatureAlone,
    imageIds: true,
    moreImages: (n) => `start vLLM with --limit-mm-per-prompt '{"image": ${n}}'`,
    moreContext: 'start vLLM with a larger --max-model-len',
    moreImageTokens: 'start vLLM with a larger --max-num-batched-tokens',
    moreSampling:
      'Start vLLM with --generation-config vllm: otherwise it takes missing parameters from the model’s generation config, which may set top_k to 1.',
    keyEnv: ownKey,
  },
  sglang: {
    ...plain,
    name: 'sglang',
    title: 'SGLang',
    samplingFields: temperatureAlone,
    moreImages: (n) => `start SGLang with --limit-mm-data-per-request '{"image": ${n}}'`,
    moreContext: 'start SGLang with a larger --context-length',
    seeding: 'SGLang respects --seed only if it is started with --enable-deterministic-inference.',
    keyEnv: ownKey,
  },
  llamacpp: {
    ...plain,
    name: 'llamacpp',
    title: 'llama.cpp',
    contextPath: '/props',
    moreImages: () => 'start llama-server with a larger --ctx-size: it has no separate picture limit',
    moreContext: 'start llama-server with a larger --ctx-size (it is divided among --parallel slots)',
    seeing: 'Start llama-server with the --mmproj file of the model.',
    keyEnv: ownKey,
  },
  ollama: {
    ...plain,
    name: 'ollama',
    title: 'Ollama',
    contextPath: '/api/ps',
    moreImages: () => 'use a model that supports several pictures',
    moreContext:
      'start Ollama with OLLAMA_CONTEXT_LENGTH=32768 or more: it silently drops the oldest messages of longer prompts',
    keyEnv: ownKey,
  },
  lmstudio: {
    ...plain,
    name: 'lmstudio',
    title: 'LM Studio',
    moreImages: () => 'use a model that supports several pictures',
    moreContext: 'load the model in LM Studio with a longer context',
    keyEnv: ownKey,
  },
  openai: {
    ...plain,
    name: 'openai',
    title: 'OpenAI',
    maxTokensField: 'max_completion_tokens',
    imageDetail: 'high',
    moreImages: fixedCap,
    moreContext: 'use a model with a longer context',
    keyEnv: 'OPENAI_API_KEY',
  },
  gemini: {
    ...plain,
    name: 'gemini',
    title: 'Gemini',
    namePrefix: /^models\//,
    seed: false,
    moreImages: fixedCap,
    moreContext: 'use a model with a longer context',
    keyEnv: 'GEMINI_API_KEY',
  },
  transformers: {
    ...plain,
    name: 'transformers',
    title: 'transformers serve',
    // It responds with status 500 to any stop string for a vision-language model.
    stop: 'unsent',
    moreImages: () => 'choose a model with a longer context: transformers has no separate picture limit',
    moreContext: 'choose a model with a longer context',
    keyEnv: ownKey,
  },
  'mini-o3': {
    ...plain,
    name: 'mini-o3',
    title: 'mini-o3 serve',
    moreImages: fixedCap,
    moreContext: 'use another policy',
    keyEnv: 'MINI_O3_TOKEN',
  },
  generic: {
    ...plain,
    name: 'generic',
    title: 'a server of unknown kind',
    moreImages: (n) => `allow ${n} pictures per prompt on the server`,
    moreContext: 'increase the context length of the server',
    keyEnv: ownKey,
  },
}

/** Evidence for the kind of a server: its model list, address and response headers. */
export interface KindSigns {
  readonly url: URL
  readonly ownedBy: readonly string[]
  readonly serverHeader?: string
}

const byOwner: Readonly<Record<string, ServerKindName>> = {
  vllm: 'vllm',
  sglang: 'sglang',
  llamacpp: 'llamacpp',
  library: 'ollama',
  organization_owner: 'lmstudio',
  google: 'gemini',
  'mini-o3': 'mini-o3',
}

export function kindOf({ url, ownedBy, serverHeader }: KindSigns): ServerKind {
  const host = url.hostname
  if (host === 'api.openai.com' || host.endsWith('.openai.azure.com')) return serverKinds.openai
  if (host === 'generativelanguage.googleapis.com') return serverKinds.gemini
  const known = ownedBy.map((owner) => own(byOwner, owner)).find((kind) => kind !== undefined)
  if (known !== undefined) return serverKinds[known]
  if (serverHeader?.toLowerCase().startsWith('llama.cpp')) return serverKinds.llamacpp
  return url.port === '11434' ? serverKinds.ollama : serverKinds.generic
}
