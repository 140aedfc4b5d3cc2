/** Real models behind the strict test server: what was checked here is computed by `peers/qwen_trainer.py` with `transformers`. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ownTokensOf } from './tinker-model.ts'
import type { Computing } from './tinker-vlm-model.ts'

export interface TransformersOptions {
  /** With torch and transformers. */
  readonly python: string
  /** The folder of the model. */
  readonly folder: string
  readonly device?: string
  /** Sequences that are computed together at most; with one, figures do not depend on when requests arrive. */
  readonly rows?: number
  readonly threads?: number
}

export interface Transformers {
  /** A model with the weights of the folder. */
  make(): Promise<Computing>
  /** Ends the process, and whatever it is asked for. */
  close(): void
}

export function startTransformers(options: TransformersOptions): Transformers {
  const { python, folder, device = 'cpu', rows = 64, threads = 1 } = options
  const script = fileURLToPath(new URL('peers/qwen_trainer.py', import.meta.url))
  const words = [script, folder, '--device', device, '--rows', `${rows}`, '--threads', `${threads}`]
  const process = spawn(python, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let jobs = 0
  createInterface({ input: process.stdout }).on('line', (line) => {
    const { id, value, error } = JSON.parse(line) as { id: number; value?: unknown; error?: string }
    const job = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) job?.resolve(value)
    else job?.reject(new Error(error))
  })
  process.on('exit', (code) => {
    for (const job of waiting.values()) job.reject(new Error(`the trainer ended with ${code}`))
    waiting.clear()
  })
  process.stdin.on('error', () => {})

  function ask<T>(what: string, fields: object = {}): Promise<T> {
    if (process.exitCode !== null) return Promise.reject(new Error('the trainer has ended'))
    const id = ++jobs
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve: (value) => resolve(value as T), reject })
      process.stdin.write(`${JSON.stringify({ id, do: what, ...fields })}\n`)
    })
  }

  return {
    async make() {
      const model = await ask<number>('make')
      return {
        pass: (data, loss, learn) => {
          const sequences = data.map(({ chunks, inputs }) => {
            const { target_tokens, advantages, logprobs, rollout_logprobs } = inputs
            const given = { advantages: advantages?.data, logprobs: logprobs?.data, rollout: rollout_logprobs?.data }
            return { chunks, targets: target_tokens.data, weights: ownTokensOf(inputs), ...given }
          })
          return ask('train', { model, data: sequences, loss, learn })
        },
        async step({ learningRate, beta1, beta2, epsilon, weightDecay, clipNorm }) {
          const adam = {
            learning_rate: learningRate,
            beta1,
            beta2,
            epsilon,
            weight_decay: weightDecay,
            clip_norm: Number.isFinite(clipNorm) ? clipNorm : 0,
          }
          return { gradientNorm: await ask<number>('step', { model, adam }) }
        },
        // Published weights are the model's own: the test server lets nobody sample from older ones.
        sampler:
          async () =>
          ({ chunks }, { seed, temperature, max_tokens, stop }) =>
            ask('sample', { model, chunks, seed, temperature, max_tokens, stop }),
        save: (file) => ask('save', { model, file }),
        load: (file, optimizer) => ask('load', { model, file, optimizer }),
        close: () => ask('close', { model }),
      }
    },
    close: () => void process.kill(),
  }
}
