/** Vision models that are known to run in this process, as data. Sizes are approximate, with the projector of eight bits where there is one; a pull states the true ones. */

export interface KnownModel {
  /** Behind `local:`. */
  readonly name: string
  readonly title: string
  readonly repository: string
  readonly quant: string
  /** About: weights and projector. */
  readonly bytes: number
  /** About: both in memory, with a context of 16,384 tokens and room to work. */
  readonly memoryBytes: number
  readonly licence: string
  /** How the model was taught to zoom. */
  readonly profile: string
}

const apache = 'apache-2.0'

/** In the order in which they are offered. */
export const knownModels: readonly KnownModel[] = [
  {
    name: 'qwen3-vl-4b',
    title: 'Qwen3-VL 4B Instruct',
    repository: 'Qwen/Qwen3-VL-4B-Instruct-GGUF',
    quant: 'Q4_K_M',
    bytes: 2.95e9,
    memoryBytes: 6.1e9,
    licence: apache,
    profile: 'qwen3-vl',
  },
  {
    name: 'qwen3-vl-2b',
    title: 'Qwen3-VL 2B Instruct',
    repository: 'Qwen/Qwen3-VL-2B-Instruct-GGUF',
    quant: 'Q4_K_M',
    bytes: 1.55e9,
    memoryBytes: 4.2e9,
    licence: apache,
    profile: 'qwen3-vl',
  },
  {
    name: 'qwen3-vl-8b',
    title: 'Qwen3-VL 8B Instruct',
    repository: 'Qwen/Qwen3-VL-8B-Instruct-GGUF',
    quant: 'Q4_K_M',
    bytes: 5.78e9,
    memoryBytes: 9e9,
    licence: apache,
    profile: 'qwen3-vl',
  },
  {
    name: 'qwen3.5-4b',
    title: 'Qwen3.5 4B',
    repository: 'unsloth/Qwen3.5-4B-GGUF',
    quant: 'Q4_K_M',
    bytes: 3.4e9,
    memoryBytes: 5e9,
    licence: apache,
    profile: 'qwen3.5',
  },
  {
    name: 'qwen2.5-vl-3b',
    title: 'Qwen2.5-VL 3B Instruct',
    repository: 'ggml-org/Qwen2.5-VL-3B-Instruct-GGUF',
    quant: 'Q4_K_M',
    bytes: 2.77e9,
    memoryBytes: 4.2e9,
    licence: 'qwen-research (not for commercial use)',
    profile: 'default',
  },
  {
    name: 'qwen2.5-vl-7b',
    title: 'Qwen2.5-VL 7B Instruct',
    repository: 'ggml-org/Qwen2.5-VL-7B-Instruct-GGUF',
    quant: 'Q4_K_M',
    bytes: 5.54e9,
    memoryBytes: 7.3e9,
    licence: apache,
    profile: 'default',
  },
]
