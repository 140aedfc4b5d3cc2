import { describe, expect, test } from 'vitest'
import { logprobsReference } from '../../../test/jax/reference.ts'
import { networkOf, shippedPolicy } from '../../../test/network.ts'
import { patchTokens } from '../../model/config.ts'
import { goalOf } from '../../model/goal.ts'
import { newestShown, turnForm } from '../../model/grammar.ts'
import { cacheFloats, forward } from '../../model/kernels/forward.ts'
import type { Network } from '../../model/kernels/network.ts'
import { runStem } from '../../model/kernels/stem.ts'
import { encodeText, special } from '../../model/tokenizer.ts'
import { drawScene } from '../../probe/draw.ts'
import { makeScene } from '../../probe/scene.ts'
import { random } from '../../shared/random.ts'
import { promptOf, type SampledReply, type SampleRequest, viewAndText } from '../engine.ts'
import { createDraw } from './draw.ts'
import { createReplySampler } from './reply-sampler.ts'

const { config, parameters: values } = await shippedPolicy()
const question = encodeText('Find the target and answer.Which digit is on the red star?original_image')

/** Requests of all kinds, each with a view and a seed of its own. */
const requests = Array.from({ length: 9 }, (_, i): SampleRequest => {
  const view = drawScene(makeScene(i, 'easy'), [0, 0, 1, 1], { width: 64, height: 64 })
  return {
    prompt: promptOf(view, question),
    seed: i,
    temperature: [1, 0, 0.3][i % 3]!,
    maxTokens: 40 - i,
    ...(i % 2 === 0 && { formed: true }),
    ...(i === 7 && { replyStart: encodeText('<think>Goal: red star.') }),
    ...(i === 5 && { allowed: encodeText('0123456789') }),
  }
})

/** The replies to `asked`, in their order, however they come. */
function repliesOf(net: Network, asked: readonly SampleRequest[], slots: number): SampledReply[] {
  const sampler = createReplySampler(net, slots)
  const replies: SampledReply[] = []
  for (const [i, request] of asked.entries()) sampler.add(request, (reply) => (replies[i] = reply))
  while (sampler.step());
  return replies
}

/** Token by token, each after a pass over everything before it. */
function slowReply(
  net: Network,
  { prompt, replyStart = [], formed, allowed, ...request }: SampleRequest,
): SampledReply {
  const { kernels } = net
  const { view, tokens: text } = viewAndText(prompt)
  const draw = createDraw(net)
  const rng = random('sample', request.seed)
  const form = formed ? turnForm(newestShown(text)) : undefined
  const start = [...text, ...replyStart]
  const tokens: number[] = []
  const logprobs: number[] = []
  const entropies: number[] = []
  for (;;) {
    const mark = kernels.mark()
    const cache = kernels.take(cacheFloats(net))
    const sequence = { view: 0, first: 0, prefix: patchTokens(config) + text.length, tail: 1, ...goalOf(start), cache }
    const stretch = { ...sequence, tokens: [...start, ...tokens] }
    const { logits } = forward(net, runStem(net, [view], false), [stretch], false)
    const { token, logprob, entropy } = draw(logits, allowed ?? form?.allowed(), request.temperature, rng)
    kernels.release(mark)
    form?.accept(token)
    logprobs.push(logprob)
    entropies.push(entropy)
    if (token === special.end) return { tokens, logprobs, entropies, ended: true }
    tokens.push(token)
    const length = patchTokens(config) + start.length + tokens.length
    if (length >= config.contextTokens || tokens.length >= request.maxTokens) {
      return { tokens, logprobs, entropies, ended: false }
    }
  }
}

describe('sampling', () => {
  test('many at once, with a cache, no step for forced tokens: what one pass a token gives, bit for bit', async () => {
    const net = await networkOf(config, values)
    const replies = repliesOf(net, requests, 16)
    for (const [i, request] of requests.entries()) {
      expect(replies[i]!.tokens.length).toBeGreaterThan(0)
      expect(replies[i], `request ${i}`).toEqual(slowReply(net, request))
    }
  })

  test('neighbours, their number and the slots there are change nothing', async () => {
    const net = await networkOf(config, values)
    const all = repliesOf(net, requests, 16)
    expect(repliesOf(net, requests, 2)).toEqual(all)
    expect(repliesOf(net, requests.toReversed(), 3).toReversed()).toEqual(all)
    for (const [i, request] of requests.entries()) expect(repliesOf(net, [request], 1)).toEqual([all[i]])
    expect(repliesOf(await networkOf(config, values), requests, 16)).toEqual(all)
  })

  test('requests that share a prompt are answered as if each had been alone', async () => {
    const net = await networkOf(config, values)
    const [first, second] = requests as [SampleRequest, SampleRequest]
    const copy = structuredClone(first.prompt)
    const asked = [
      first,
      { ...first, seed: 50 },
      second,
      { ...first, prompt: copy, seed: 51 },
      { ...first, formed: false },
    ]
    expect(repliesOf(net, asked, 8)).toEqual(asked.flatMap((request) => repliesOf(net, [request], 1)))
  })

  test.each([false, true])('greedy replies are those of jax-js (without fused multiply-add: %s)', async (plain) => {
    const asked = requests.map((request) => ({ ...request, temperature: 0, formed: false, maxTokens: 30 }))
    const replies = repliesOf(await networkOf(config, values, plain), asked.slice(0, 5), 8)
    const sequences = replies.map(({ tokens }, i) => {
      const { view, tokens: text } = viewAndText(asked[i]!.prompt)
      return { view, tokens: [...text, ...tokens], promptLength: text.length }
    })
    const wanted = await logprobsReference(config, values, sequences)
    for (const [i, { tokens, ended, logprobs }] of replies.entries()) {
      const reply = ended ? [...tokens, special.end] : tokens
      for (const [t, token] of reply.entries()) {
        const at = (sequences[i]!.promptLength - 1 + t) * config.vocabulary
        const row = wanted[i]!.subarray(at, at + config.vocabulary)
        expect(row.indexOf(Math.max(...row)), `token ${t} of reply ${i}`).toBe(token)
        expect(Math.abs(row[token]! - logprobs[t]!)).toBeLessThan(1e-4)
      }
    }
  })

  test('requests that are forgotten leave their slots to others', async () => {
    const net = await networkOf(config, values)
    const sampler = createReplySampler(net, 1)
    sampler.add(requests[1]!, () => expect.unreachable())
    sampler.add(requests[3]!, () => expect.unreachable())
    expect(sampler.step()).toBe(true)
    sampler.clear()
    const replies: SampledReply[] = []
    sampler.add(requests[2]!, (reply) => replies.push(reply))
    while (sampler.step());
    expect(replies).toEqual(repliesOf(net, [requests[2]!], 1))
  })
})
