/** The losses by name: the figures here, what the strict server learns from them, and what is refused. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createBigram, numbersIn } from '../../../test/bigram.ts'
import { ids } from '../../../test/qwen-files.ts'
import { tinyFolder } from '../../../test/tinker-runs.ts'
import { startTinkerServer, type TinkerServer } from '../../../test/tinker-server.ts'
import { bigramComputing, serveVlm } from '../../../test/tinker-vlm-model.ts'
import { tinyVlm } from '../../../test/tiny-vlm.ts'
import { type Datum, defaultAdam, policyLosses, type PolicyLoss, type PromptChunk } from '../engine.ts'
import { lossClips, policyLossFigures } from '../policy-loss.ts'
import { type TinkerKind, tinkerKinds } from './server-kinds.ts'
import { tinkerEngine, type TinkerEngine } from './tinker-engine.ts'

const text = (tokens: readonly number[]): PromptChunk => ({ kind: 'text', tokens })

describe('what each loss comes to', () => {
  const row = { advantages: [0.5, -0.25, -1, 1, 0], oldLogprobs: [-1.2, -0.5, -1.4, -0.9, -1.6] }
  const datum: Datum = { prompt: [text([1])], reply: [2, 3, 4, 5, 6], ...row }
  const now = [-1, -0.5, -2, -0.3, -1.6]
  const rolloutLogprobs = [-1.25, -0.45, -1.5, -0.8, -1.7]

  /** The losses of SkyRL 0.4.0 on these numbers. */
  test.each([
    ['ppo', lossClips.ppo, -0.860701, 2],
    ['gspo', lossClips.gspo, -0.199586, 5],
    ['gspo', lossClips.ppo, -0.260203, 0],
    ['cispo', lossClips.cispo, -0.065286, 0],
    ['dppo', lossClips.dppo, 0.18811, 1],
  ] as const)('%s, %o', (kind, clips, wanted, clipped) => {
    const figures = policyLossFigures([datum], { kind, ...clips }, [now])
    expect(figures.loss).toBeCloseTo(wanted, 5)
    expect(figures).toMatchObject({ tokens: 5, clipped })
  })

  test('dppo measures from what was sampled, and only it does', () => {
    const lossOf = (kind: PolicyLoss['kind'], data: Datum): number =>
      policyLossFigures([data], { kind, ...lossClips[kind] }, [now]).loss
    expect(lossOf('dppo', { ...datum, rolloutLogprobs })).toBeCloseTo(0.202325, 5)
    for (const kind of ['ppo', 'gspo', 'cispo'] as const)
      expect(lossOf(kind, { ...datum, rolloutLogprobs })).toBe(lossOf(kind, datum))
  })

  test('the turns of a search share the ratio of gspo; another search has its own', () => {
    const first = text([1])
    const turns: Datum[] = [
      { prompt: [first], reply: [2], advantages: [1], oldLogprobs: [-1] },
      { prompt: [first, text([2]), text([9])], reply: [3], advantages: [1], oldLogprobs: [-1] },
      { prompt: [text([1])], reply: [4], advantages: [1], oldLogprobs: [-1] },
    ]
    const loss = { kind: 'gspo', clipLow: 0.9, clipHigh: 9 } as const
    // e^((0.5 + 0.1) / 2) twice, then e^0.2.
    expect(policyLossFigures(turns, loss, [[-0.5], [-0.9], [-0.8]]).loss).toBeCloseTo(
      -2 * Math.exp(0.3) - Math.exp(0.2),
      9,
    )
  })
})

const servers: TinkerServer[] = []
const engines: TinkerEngine[] = []
afterAll(async () => {
  for (const each of [...engines, ...servers]) await each.close()
})

const vocabulary = [0, 1, 2, 3, 4, 5, ids.end]
const size = vocabulary.length
/** Weights that are no ties. */
const likely = vocabulary.slice(0, 5).map((token, i) => [token, vocabulary[(i * 3 + 1) % size]!] as const)

async function open(
  kind: TinkerKind,
): Promise<{ engine: TinkerEngine; server: TinkerServer; logits: (name: string) => Promise<number[]> }> {
  const folder = await tinyFolder()
  const make = async () => serveVlm(tinyVlm, bigramComputing(createBigram(vocabulary, ids.end, likely)))
  const server = await startTinkerServer({ folder, modelName: 'Qwen/Tiny', make, codec: kind.codec })
  const engine = await tinkerEngine({ url: server.url, endTokens: [ids.end], kind, patience: { pollEveryMs: 1 } })
  servers.push(server)
  engines.push(engine)
  return {
    engine,
    server,
    async logits(name) {
      const file = join(folder, `${name}.json`)
      await engine.save(file)
      const { weights } = JSON.parse(await readFile(file, 'utf8')) as { weights: string }
      const saved = await readFile(join(folder, `${weights.slice('tinker://'.length)}.safetensors`), 'utf8')
      return [...numbersIn((JSON.parse(saved) as { logits: string }).logits)]
    },
  }
}

/** A search of two turns and one of one, whose old log-probabilities lie on both sides of any range. */
function searches(logprobOf: (before: number, token: number) => number): Datum[] {
  const first = text([1, 2])
  const datum = (prompt: PromptChunk[], reply: number[], advantages: number[], moved: number[]): Datum => {
    const before = [prompt.flatMap((chunk) => (chunk.kind === 'text' ? chunk.tokens : [])).at(-1)!, ...reply]
    const now = reply.map((token, i) => logprobOf(before[i]!, token))
    return {
      prompt,
      reply,
      advantages,
      oldLogprobs: now.map((value, i) => value - moved[i]!),
      rolloutLogprobs: now.map((value, i) => value - moved[i]! * 1.1),
    }
  }
  return [
    datum([first], [3, 4], [0.4, 0.4], [0.7, -0.1]),
    datum([first, text([3, 4]), text([5])], [0, 2], [-0.3, 0.4], [-0.6, 0.05]),
    datum([text([4])], [1, ids.end], [-0.5, -0.5], [-0.02, -0.5]),
  ]
}

/** Of a table of logits. */
const logprobIn =
  (logits: readonly number[]) =>
  (before: number, token: number): number => {
    const row = logits.slice(vocabulary.indexOf(before) * size, (vocabulary.indexOf(before) + 1) * size)
    return row[vocabulary.indexOf(token)]! - Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0))
  }

/** The loss as the papers write it; `at`: where no gradient passes, the value for these logits. */
function written(
  { kind, clipLow, clipHigh }: PolicyLoss,
  data: readonly Datum[],
  logits: readonly number[],
  at: readonly number[],
): number {
  const clip = (ratio: number): number => Math.min(1 + clipHigh, Math.max(1 - clipLow, ratio))
  const tokens = data.map(({ prompt, reply, advantages, oldLogprobs, rolloutLogprobs }) => {
    const before = [prompt.flatMap((chunk) => (chunk.kind === 'text' ? chunk.tokens : [])).at(-1)!, ...reply]
    return reply.map((token, i) => ({
      now: logprobIn(logits)(before[i]!, token),
      still: logprobIn(at)(before[i]!, token),
      old: oldLogprobs![i]!,
      rollout: rolloutLogprobs?.[i] ?? oldLogprobs![i]!,
      advantage: advantages![i]!,
    }))
  })
  const bySearch = [[...tokens[0]!, ...tokens[1]!], tokens[2]!]
  let objective = 0
  for (const search of bySearch) {
    const ofSearch = Math.exp(search.reduce((sum, { still, old }) => sum + still - old, 0) / search.length)
    for (const { now, still, old, rollout, advantage: a } of search) {
      const ratio = Math.exp(now - old)
      if (kind === 'ppo') objective += Math.min(ratio * a, clip(ratio) * a)
      if (kind === 'cispo') objective += clip(Math.exp(still - old)) * a * now
      if (kind === 'gspo') {
        const own = ofSearch * Math.exp(now - still)
        objective += Math.min(own * a, clip(own) * a)
      }
      if (kind === 'dppo') {
        const moved = Math.exp(still) - Math.exp(rollout)
        const kept = (a > 0 && moved > clipHigh) || (a < 0 && -moved > clipLow) ? 0 : 1
        objective += kept * Math.exp(now - rollout) * a
      }
    }
  }
  return -objective
}

/** A step along the gradient itself: with so large an epsilon Adam divides every part alike. */
const along = { ...defaultAdam, learningRate: 1, beta1: 0, beta2: 0, epsilon: 1e6, weightDecay: 0, clipNorm: Infinity }
const exact: TinkerKind = { ...tinkerKinds.skyrl, codec: 'json', ownRange: [] }

describe('on the strict server', () => {
  test.each(policyLosses)('%s: the gradient is the slope of the loss as written, token by token', async (kind) => {
    const { engine, server, logits } = await open(exact)
    const before = await logits('before')
    const data = searches(logprobIn(before))
    const loss = { kind, ...(kind === 'cispo' ? { clipLow: 0.3, clipHigh: 0.2 } : { clipLow: 0.1, clipHigh: 0.1 }) }
    const told = await engine.forwardBackward(data, loss)
    expect(told.loss).toBeCloseTo(written(loss, data, before, before), 9)
    await engine.optimStep(along)
    const after = await logits('after')
    const slopes = before.map((_, i) => {
      const moved = (by: number): number => written(loss, data, before.with(i, before[i]! + by), before)
      return (moved(1e-5) - moved(-1e-5)) / 2e-5
    })
    expect(Math.max(...slopes.map(Math.abs))).toBeGreaterThan(0.01)
    for (const [i, slope] of slopes.entries()) expect((before[i]! - after[i]!) * 1e6).toBeCloseTo(slope, 4)
    // Some tokens are held back, and some are not.
    const { clipped, tokens } = policyLossFigures(data, loss, told.logprobs)
    expect([clipped > 0, clipped < tokens]).toEqual([true, true])
    expect(server.violations).toEqual([])
  })

  test.each(policyLosses)('%s: a search without advantage moves nothing, whatever it says', async (kind) => {
    const loss = { kind, ...lossClips[kind] }
    const weights: number[][] = []
    for (const masked of [[0, 1], [5, 5, 2], []]) {
      const { engine, logits } = await open(exact)
      const data = searches(logprobIn(await logits('before')))
      const zeros = masked.map(() => 0)
      const idle: Datum = {
        prompt: [text([2])],
        reply: masked,
        advantages: zeros,
        oldLogprobs: zeros,
        rolloutLogprobs: zeros,
      }
      await engine.forwardBackward(masked.length > 0 ? [...data, idle] : data, loss)
      await engine.optimStep(along)
      weights.push(await logits('after'))
    }
    expect(weights[1]).toEqual(weights[0])
    expect(weights[2]).toEqual(weights[0])
  })
})

describe('what a server lacks is refused by name', () => {
  test.each([
    ['skyrl-jax', { kind: 'gspo', ...lossClips.gspo }, /skyrl-jax have no loss gspo\. They have ppo, cispo/],
    ['hosted', { kind: 'dppo', ...lossClips.dppo }, /hosted have no loss dppo/],
    ['embedded', { kind: 'cispo', ...lossClips.cispo }, /no loss cispo\. They have ppo:/],
    ['skyrl', { kind: 'cispo', ...lossClips.ppo }, /set the range of cispo themselves/],
  ] as const)('%s', async (name, loss, said) => {
    const server = await startTinkerServer({ folder: await tinyFolder() })
    servers.push(server)
    const kind = tinkerKinds[name]
    await expect(tinkerEngine({ url: server.url, endTokens: [1], kind, loss })).rejects.toThrow(said)
    expect(server.requests).toEqual([])
    // Of one that was not named, nothing but its models is asked.
    if (name !== 'embedded') return
    await expect(tinkerEngine({ url: server.url, endTokens: [1], loss })).rejects.toThrow(said)
    expect(server.requests).toEqual(['get_server_capabilities'])
  })

  test('what was sampled beside some data and not all is refused; servers that do not take it are not sent it', async () => {
    const { engine, server } = await open(exact)
    const [one, two] = searches(() => -1)
    const { rolloutLogprobs: _, ...without } = two!
    const loss = { kind: 'ppo', ...lossClips.ppo } as const
    await expect(engine.forwardBackward([one!, without], loss)).rejects.toThrow(
      'Either all data of a batch have the sampled log-probabilities, or none.',
    )
    expect(server.requests).not.toContain('forward_backward')
    const hosted = await open(tinkerKinds.hosted)
    await hosted.engine.forwardBackward([one!, without], loss)
    expect(hosted.server.violations).toEqual([])
  })
})
