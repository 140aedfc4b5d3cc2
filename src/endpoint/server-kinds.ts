/** What is known of each kind of OpenAI-compatible server, as data. */
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
  /** As its makers write it. */
  readonly title: string
  /** What a reply that met a stop string ends with: `kept` after the extra field below, `stripped` before it; `unsent`: it takes none. */
  readonly stop: 'kept' | 'stripped' | 'unsent'
  /** Sent along with stop strings. */
  readonly stopFields: Readonly<Record<string, unknown>>
  /**
   * Sent along with a temperature: what it would otherwise take from the model's own file, such as a top_k of 1. The values leave
   * the temperature alone to decide, as in the released code.
   */
  readonly samplingFields: Readonly<Record<string, number>>
  readonly seed: boolean
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
  /** A picture may be sent by id alone once the server has seen it under that id. */
  readonly imageIds: boolean
  /** Asks for a picture's full size where a server would shrink it. */
  readonly imageDetail?: 'high'
  /** Where a served context length stands, if not in the list of models; a path beside the base URL's `/v1`. */
  readonly contextPath?: '/props' | '/api/ps'
  /** Begins the names in its list, which it also takes without. */
  readonly namePrefix?: RegExp
  /** How its operator lets a prompt hold `n` pictures. */
  readonly moreImages: (n: number) => string
  /** How its operator makes the context longer. */
  readonly moreContext: string
  /** How its operator lets one picture have more tokens, where that is bounded. */
  readonly moreImageTokens?: string
  /** What makes it sample as it is asked, where it may not. */
  readonly moreSampling?: string
  /** What makes it obey seeds, where it may not. */
  readonly seeding?: string
  /** What makes it see pictures. */
  readonly seeing: string
  /** The usual name of the variable that holds its key. */
  readonly keyEnv: string
}

const plain = {
  stop: 'stripped',
  stopFields: {},
  samplingFields: {},
  seed: true,
  maxTokensField: 'max_tokens',
  imageIds: false,
  seeing: 'Choose a model that sees pictures.',
} as const
const temperatureAlone = { top_p: 1, top_k: -1, repetition_penalty: 1 }
const fixedCap = (): string => 'its cap on pictures is fixed'
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
      'Start vLLM with --generation-config vllm: what a request leaves out it takes from the file of the model, which may say top_k 1.',
    keyEnv: ownKey,
  },
  sglang: {
    ...plain,
    name: 'sglang',
    title: 'SGLang',
    samplingFields: temperatureAlone,
    moreImages: (n) => `start SGLang with --limit-mm-data-per-request '{"image": ${n}}'`,
    moreContext: 'start SGLang with a larger --context-length',
    seeding: 'SGLang obeys --seed only if it is started with --enable-deterministic-inference.',
    keyEnv: ownKey,
  },
  llamacpp: {
    ...plain,
    name: 'llamacpp',
    title: 'llama.cpp',
    contextPath: '/props',
    moreImages: () => 'start llama-server with a larger --ctx-size: it has no cap of its own on pictures',
    moreContext: 'start llama-server with a larger --ctx-size (it is divided among --parallel slots)',
    seeing: 'Start llama-server with the --mmproj file of the model.',
    keyEnv: ownKey,
  },
  ollama: {
    ...plain,
    name: 'ollama',
    title: 'Ollama',
    contextPath: '/api/ps',
    moreImages: () => 'take a model that is made for several pictures',
    moreContext:
      'start Ollama with OLLAMA_CONTEXT_LENGTH=32768 or more: it drops the oldest messages of longer prompts in silence',
    keyEnv: ownKey,
  },
  lmstudio: {
    ...plain,
    name: 'lmstudio',
    title: 'LM Studio',
    moreImages: () => 'take a model that is made for several pictures',
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
    moreContext: 'take a model with a longer context',
    keyEnv: 'OPENAI_API_KEY',
  },
  gemini: {
    ...plain,
    name: 'gemini',
    title: 'Gemini',
    namePrefix: /^models\//,
    seed: false,
    moreImages: fixedCap,
    moreContext: 'take a model with a longer context',
    keyEnv: 'GEMINI_API_KEY',
  },
  transformers: {
    ...plain,
    name: 'transformers',
    title: 'transformers serve',
    // It answers any stop string for a vision-language model with status 500.
    stop: 'unsent',
    moreImages: () => 'choose a model with a longer context: transformers has no cap of its own on pictures',
    moreContext: 'choose a model with a longer context',
    keyEnv: ownKey,
  },
  'mini-o3': {
    ...plain,
    name: 'mini-o3',
    title: 'mini-o3 serve',
    moreImages: fixedCap,
    moreContext: 'take another policy',
    keyEnv: 'MINI_O3_TOKEN',
  },
  generic: {
    ...plain,
    name: 'generic',
    title: 'a server of no known kind',
    moreImages: (n) => `let the server take ${n} pictures a prompt`,
    moreContext: 'give the server a longer context',
    keyEnv: ownKey,
  },
}

/** What the list of models, the address and the headers of an answer say about a server. */
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
