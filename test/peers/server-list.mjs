/** The servers that are tried, as data: what each needs, how it is started, and what it was seen to do (docs/experiments/servers.md). */
import { dirname, join } from 'node:path'
import { writeFileSync } from 'node:fs'

const env = process.env

/** What every server calls the model: a path, as in `vllm serve models/tiny`. The folder that it starts in has it there. */
export const model = 'models/tiny'

/** Pictures that a prompt may hold, where a server bounds that; and its context, where that is quickly changed. */
export const roomy = { images: 33, context: 8192 }
export const tight = { images: 2, context: 512 }

/**
 * @typedef {{ port: number, nextPort: number, folder: string, room: typeof roomy }} Place Ports of the server and of one
 *   behind it, and the folder that it starts in.
 * @typedef {{ command: string, args: string[], env?: Record<string, string> }} Start
 * @typedef {object} Server
 * @property {string} name
 * @property {string[]} needs Environment variables.
 * @property {(place: Place) => Start[]} starts The processes of it.
 * @property {'pictures' | 'context'} [tight] What is tried with less of it, in a second start.
 * @property {'kept' | 'stripped' | 'refused' | 'overlooked'} stop
 * @property {object} [stopFields] Sent along with stop strings.
 * @property {boolean} seeded
 * @property {boolean} cached It tells cached tokens, as it is started here.
 * @property {RegExp} [tooLong] What it says to a prompt beyond its context; absent where it takes it.
 */

/** Arguments without blanks in them. */
const words = (line) => line.split(' ')
const loopback = (port) => words(`--host 127.0.0.1 --port ${port}`)
const images = (room) => JSON.stringify({ image: room.images })
/** The command that a Python package brings, beside its Python. */
const beside = (python, name) => join(dirname(python), name)

const llama = (port, { context }) => {
  const files = ['-m', join(env.TINY_GGUF, 'tiny.gguf'), '--mmproj', join(env.TINY_GGUF, 'mmproj.gguf')]
  const settings = words(`--alias ${model} --ctx-size ${2 * context} --parallel 2 --threads 1`)
  return { command: env.LLAMA_SERVER, args: [...files, ...settings, ...loopback(port)] }
}

/** @type {Server[]} */
export const servers = [
  {
    name: 'llama.cpp',
    needs: ['LLAMA_SERVER', 'TINY_GGUF'],
    starts: ({ port, room }) => [llama(port, room)],
    tight: 'context',
    stop: 'stripped',
    seeded: true,
    cached: true,
    tooLong: /exceeds the available context size/,
  },
  {
    name: 'vLLM',
    needs: ['VLLM_PYTHON'],
    starts: ({ port, room }) => {
      const settings = words(`serve ${model} --enforce-eager --dtype float32 --max-model-len 8192`)
      return [
        {
          command: beside(env.VLLM_PYTHON, 'vllm'),
          args: [...settings, '--limit-mm-per-prompt', images(room), ...loopback(port)],
          env: { VLLM_CPU_KVCACHE_SPACE: '1', VLLM_CPU_OMP_THREADS_BIND: 'nobind' },
        },
      ]
    },
    tight: 'pictures',
    stop: 'kept',
    stopFields: { include_stop_str_in_output: true },
    seeded: true,
    cached: false,
    tooLong: /maximum context length/,
  },
  {
    name: 'SGLang',
    needs: ['SGLANG_PYTHON'],
    starts: ({ port, room }) => {
      const settings = words(
        `-m sglang.launch_server --model-path ${model} --context-length 8192 --max-total-tokens 16384 --device cpu ` +
          '--dtype float32 --attention-backend torch_native --mm-attention-backend sdpa --sampling-backend pytorch ' +
          '--skip-server-warmup --disable-overlap-schedule --enable-cache-report',
      )
      return [
        {
          command: env.SGLANG_PYTHON,
          args: [...settings, '--limit-mm-data-per-request', images(room), ...loopback(port)],
          env: { SGLANG_USE_CPU_ENGINE: '1' },
        },
      ]
    },
    tight: 'pictures',
    stop: 'stripped',
    seeded: false,
    cached: true,
    tooLong: /longer than the model's context length/,
  },
  {
    name: 'mlx-vlm',
    needs: ['MLX_PYTHON'],
    starts: ({ port }) => [
      { command: env.MLX_PYTHON, args: [...words(`-m mlx_vlm.server --model ${model}`), ...loopback(port)] },
    ],
    stop: 'overlooked',
    seeded: true,
    cached: false,
    tooLong: /exceeds the available context budget/,
  },
  {
    name: 'transformers serve',
    needs: ['TRANSFORMERS_PYTHON'],
    starts: ({ port }) => [
      {
        command: beside(env.TRANSFORMERS_PYTHON, 'transformers'),
        args: [...words(`serve ${model} --device cpu --dtype float32`), ...loopback(port)],
      },
    ],
    stop: 'refused',
    seeded: false,
    cached: false,
  },
  {
    name: 'LiteLLM',
    needs: ['LITELLM_PYTHON', 'LLAMA_SERVER', 'TINY_GGUF'],
    starts: ({ port, nextPort, folder, room }) => {
      const behind = { model: `openai/${model}`, api_base: `http://127.0.0.1:${nextPort}/v1`, api_key: 'none' }
      const config = join(folder, 'litellm.json')
      writeFileSync(config, JSON.stringify({ model_list: [{ model_name: model, litellm_params: behind }] }))
      const args = ['--config', config, ...loopback(port), '--telemetry', 'False']
      return [
        llama(nextPort, room),
        {
          command: beside(env.LITELLM_PYTHON, 'litellm'),
          args,
          env: { LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true' },
        },
      ]
    },
    tight: 'context',
    stop: 'stripped',
    seeded: true,
    cached: true,
    tooLong: /exceeds the available context size/,
  },
]
