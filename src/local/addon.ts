/** llama.cpp as a native addon: types of the part of its interface that is used, and the choice of its package. */
import { createRequire } from 'node:module'
import { UserError } from '../shared/errors.ts'

/** From `@fugood/node-llama-*`, which contain only the addon; the package that wraps them runs an install script. */
const addonVersion = '1.7.15'

export interface Addon {
  readonly LlamaContext: new (options: ContextOptions) => LlamaContext
}

interface ContextOptions {
  readonly model: string
  /** Total context of all slots in tokens. */
  readonly n_ctx: number
  readonly n_parallel: number
  readonly n_batch: number
  readonly n_threads: number
  readonly ctx_shift: boolean
}

export interface LlamaContext {
  initMultimodal(options: {
    readonly path: string
    readonly use_gpu: boolean
    readonly image_max_tokens: number
  }): boolean
  getMultimodalSupport(): { readonly vision: boolean }
  enableParallelMode(options: { readonly n_parallel: number; readonly n_batch: number }): boolean
  getUsedDevices(): string[]
  getFormattedChat(messages: readonly object[], template: undefined, options: ChatOptions): FormattedChat
  tokenize(text: string, media: readonly string[]): Promise<Tokenized>
  /** Calls back with each token and then with the result; never again for a cancelled request. */
  queueCompletion(
    options: SampleOptions,
    onEvent: (error: unknown, event: TokenEvent | CompletionResult) => void,
  ): { readonly requestId: number }
  cancelRequest(requestId: number): void
}

interface ChatOptions {
  readonly jinja: true
  readonly tools?: readonly object[]
  readonly tool_choice?: 'auto'
  readonly enable_thinking: boolean
  readonly reasoning_format: 'auto'
}

/** A prompt made by the model's own template, and how to parse its reply. */
export interface FormattedChat {
  readonly prompt: string
  readonly chat_format: number
  readonly grammar: string
  readonly grammar_lazy: boolean
  readonly grammar_triggers: readonly object[]
  readonly generation_prompt: string
  readonly preserved_tokens: readonly string[]
  readonly additional_stops: readonly string[]
  readonly chat_parser: string
}

/** Positions, which are fewer than the tokens of pictures where a model counts these in rows and columns (M-RoPE). */
export interface Tokenized {
  readonly tokens: Int32Array
  /** Names the pictures, and then the parts that they were made into. */
  readonly bitmap_hashes?: readonly string[]
  /** Where each stretch of text and each picture begins. */
  readonly chunk_pos?: readonly number[]
  readonly chunk_pos_media?: readonly number[]
}

export interface SampleOptions extends FormattedChat {
  readonly media_paths: readonly string[]
  readonly reasoning_format: 'auto'
  readonly stop: readonly string[]
  readonly n_predict: number
  readonly seed: number
  readonly temperature: number
  readonly top_p: number
  readonly top_k: number
  readonly min_p: number
  readonly dry_multiplier: number
  readonly xtc_probability: number
  readonly load_state_path?: string
  readonly save_prompt_state_path?: string
}

export interface TokenEvent {
  readonly token: string
  /** The whole reply so far, with separate thinking; absent if the reply is plain text. */
  readonly content?: string
  readonly reasoning_content?: string
}

export interface CompletionResult {
  readonly text: string
  readonly content?: string
  readonly reasoning_content?: string
  readonly tool_calls?: readonly object[]
  /** If none of the four is set, the request failed. */
  readonly stopped_eos: boolean
  readonly stopped_limit: boolean
  readonly stopped_word: boolean
  readonly context_full: boolean
  readonly chat_format: number
  readonly timings: { readonly cache_n: number; readonly predicted_n: number }
}

/** The llama.cpp to use. */
export interface LlamaEngine {
  readonly kind: 'server' | 'addon'
  /** Path of the executable or of the addon. */
  readonly path: string
  /** Built without vector instructions: without a graphics card, each picture takes minutes. */
  readonly slow?: true
}

/** Machines for which there is a package; some have another for their graphics card, which is taken where it was installed. */
const machines = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64']
const cards = ['-cuda', '-vulkan', '']
/** Of these all packages of 1.7.15 are built without vector instructions, which a disassembly shows (docs/experiments/local.md). */
const slowMachines = ['linux-x64', 'win32-x64']

export const installAdvice =
  'Install llama.cpp (`brew install llama.cpp`, `winget install llama.cpp` or `conda install -c conda-forge llama.cpp`): its llama-server is then used'

const { resolve } = createRequire(import.meta.url)

/** Throws `UserError` with the command that installs it. */
export function findAddon(
  machine = `${process.platform}-${process.arch}`,
  find: (name: string) => string = resolve,
): LlamaEngine {
  if (!machines.includes(machine)) {
    const text = `local: there is no addon with llama.cpp for ${machine}. ${installAdvice}.`
    throw new UserError('llama-missing', text)
  }
  const name = `@fugood/node-llama-${machine}`
  for (const card of cards) {
    try {
      return { kind: 'addon', path: find(`${name}${card}`), ...(slowMachines.includes(machine) && { slow: true }) }
    } catch {
      // Not installed.
    }
  }
  throw new UserError(
    'llama-missing',
    `local: needs llama.cpp, which is not installed. Add it with npm install ${name}@${addonVersion}, or: ${installAdvice}.`,
  )
}

export function loadAddon(path: string): Addon {
  const addon: Addon = createRequire(import.meta.url)(path)
  return addon
}
