/**
 * A model of one number for tests of what happens on the wire: every gradient and every step moves it, so one that is
 * lost or done twice shows in all that follows.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { special } from '../src/model/tokenizer.ts'
import type { ServedModel } from './tinker-model.ts'

export async function serveToyModel(): Promise<ServedModel> {
  let state = { weight: 1, moment: 0 }
  let gradient = 0
  const logprobOf = (token: number): number => -Math.abs(state.weight) - token / 1000
  return {
    endToken: special.end,
    forward: async ({ data }) => ({
      logprobs: data.map(({ loss_fn_inputs: { target_tokens } }) => target_tokens.data.map(logprobOf)),
    }),
    async train({ data }) {
      const logprobs = data.map(({ loss_fn_inputs: { target_tokens, weights, advantages } }) => {
        const learned = (weights ?? advantages)!.data
        for (const [i, value] of learned.entries()) gradient += value * (1 + target_tokens.data[i]! / 100)
        return target_tokens.data.map((token, i) => (learned[i] === 0 ? 0 : logprobOf(token)))
      })
      return { logprobs }
    },
    async step({ learning_rate, beta1 }) {
      const gradientNorm = Math.abs(gradient)
      const moment = beta1 * state.moment + (1 - beta1) * gradient
      state = { weight: state.weight - learning_rate * moment, moment }
      gradient = 0
      return { gradientNorm }
    },
    async save(file) {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, JSON.stringify(state))
    },
    async load(file, optimizer) {
      const read = JSON.parse(await readFile(file, 'utf8')) as typeof state
      state = optimizer ? read : { ...read, moment: 0 }
    },
    async sampler() {
      const tokens = [7, 8]
      return async () => ({ tokens, logprobs: [...tokens, special.end].map(logprobOf), ended: true })
    },
    async close() {},
  }
}
