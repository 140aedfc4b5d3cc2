/**
 * Samples replies for many prompts at once, token by token: a request takes a slot as soon as one falls free, and waits for no
 * other. Each draws from its own seeded stream, and rows do not depend on their neighbours: what a prompt is answered depends on
 * nothing else. Tokens that the form of a turn leaves no choice about cost no step. Runs in Node and in browsers.
 */
import { goalOf, type NamedGoal } from '../../model/goal.ts'
import { patchTokens } from '../../model/config.ts'
import { newestShown, turnForm, type TurnForm } from '../../model/grammar.ts'
import { cacheFloats, forward, type Stretch } from '../../model/kernels/forward.ts'
import type { Address } from '../../model/kernels/kernels.ts'
import type { Network } from '../../model/kernels/network.ts'
import { runStem } from '../../model/kernels/stem.ts'
import { special } from '../../model/tokenizer.ts'
import { itemAt } from '../../shared/known.ts'
import { random, type Random } from '../../shared/random.ts'
import type { Pixels } from '../../vision/picture.ts'
import { viewAndText } from '../datum.ts'
import type { SampledReply, SampleRequest } from '../engine.ts'
import { createDraw } from './draw.ts'

export interface ReplySampler {
  /** Waits for a slot; `done` is called in the step that ends the reply. */
  add(request: SampleRequest, done: (reply: SampledReply) => void): void
  /** Reads prompts into free slots and writes on every reply. False: nothing is left to do. */
  step(): boolean
  /** Forgets all requests. */
  clear(): void
}

interface Waiting {
  readonly request: SampleRequest
  readonly done: (reply: SampledReply) => void
}

interface Row extends Waiting {
  readonly view: Pixels
  readonly goal: NamedGoal
  /** Positions that all of its rows see. */
  readonly prefix: number
  readonly rng: Random
  readonly form: TurnForm | undefined
  readonly tokens: number[]
  readonly logprobs: number[]
  readonly entropies: number[]
  readonly cache: Address
  /** Positions in its cache, and the text that follows them. */
  read: number
  unread: number[]
  ended: boolean
  isDone: boolean
}

/** Prompts that are read in one step at most, so that replies go on meanwhile and activations stay in a cache. */
const promptsAStep = 16

/** `slots`: replies that are written at once. The network's weights may only change while nothing is left to do. */
export function createReplySampler(net: Network, slots: number): ReplySampler {
  const { config, kernels } = net
  const cacheSize = cacheFloats(net)
  const caches = kernels.take(slots * cacheSize)
  const free = Array.from({ length: slots }, (_, slot): Address => caches + slot * cacheSize * 4)
  const draw = createDraw(net)
  let waiting: Waiting[] = []
  let live: Row[] = []

  function open(next: Waiting, cache: Address): Row {
    const { prompt, replyStart = [], seed, formed } = next.request
    const { view, tokens } = viewAndText(prompt)
    const text = [...tokens, ...replyStart]
    return {
      ...next,
      view,
      goal: goalOf(text),
      prefix: patchTokens(config) + tokens.length,
      rng: random('sample', seed),
      form: formed ? turnForm(newestShown(tokens)) : undefined,
      tokens: [],
      logprobs: [],
      entropies: [],
      cache,
      read: 0,
      unread: text,
      ended: false,
      isDone: false,
    }
  }

  /** Writes as far as `logits`, those of the next token, and then the form of a turn lead. */
  function write(row: Row, logits: Address | undefined): void {
    const { request, form, tokens, rng } = row
    const { temperature, maxTokens } = request
    let next = logits
    while (!row.isDone) {
      const allowed = request.allowed ?? form?.allowed()
      const [only] = allowed ?? []
      let token: number
      if (only !== undefined && allowed?.length === 1) {
        token = only
        row.logprobs.push(0)
        row.entropies.push(0)
        // Where there is no choice, too, the stream goes on.
        if (temperature > 0) rng.next()
      } else {
        if (next === undefined) return
        const drawn = draw(next, allowed, temperature, rng)
        token = drawn.token
        row.logprobs.push(drawn.logprob)
        row.entropies.push(drawn.entropy)
        next = undefined
      }
      form?.accept(token)
      row.ended = token === special.end
      if (!row.ended) {
        tokens.push(token)
        row.unread.push(token)
      }
      const length = row.read + row.unread.length + (row.read === 0 ? patchTokens(config) : 0)
      row.isDone = row.ended || length >= config.contextTokens || tokens.length >= maxTokens
    }
  }

  function stretchOf({ read, unread, prefix, goal, cache }: Row): Stretch {
    return { first: read, tokens: unread, prefix, tail: 1, ...goal, cache }
  }

  /** Reads what is unread: each group's text is the same, and read once. */
  function read(groups: readonly (readonly Row[])[]): void {
    const mark = kernels.mark()
    try {
      const leaders = groups.map((group) => itemAt(group, 0))
      const fresh = leaders.filter((row) => row.read === 0)
      const stem = runStem(
        net,
        fresh.map(({ view }) => view),
        false,
      )
      const stretches = leaders.map((row) => ({
        ...stretchOf(row),
        ...(row.read === 0 && { view: fresh.indexOf(row) }),
      }))
      const { logits, logitStride } = forward(net, stem, stretches, false)
      for (const [g, group] of groups.entries()) {
        const { cache } = itemAt(leaders, g)
        for (const row of group) {
          if (row.cache !== cache) kernels.floats(row.cache, cacheSize).set(kernels.floats(cache, cacheSize))
          row.read += row.unread.length + (row.read === 0 ? patchTokens(config) : 0)
          row.unread = []
          write(row, logits + g * logitStride * 4)
        }
      }
    } finally {
      kernels.release(mark)
    }
  }

  return {
    add(request, done) {
      waiting.push({ request, done })
    },
    step() {
      const opened: Row[] = []
      while (opened.length < promptsAStep) {
        const [next] = waiting
        const cache = next && free.pop()
        if (next === undefined || cache === undefined) break
        waiting.shift()
        opened.push(open(next, cache))
      }
      for (const row of opened) write(row, undefined)
      const groups = [...live.map((row) => [row]), ...samePrompts(opened.filter(({ isDone }) => !isDone))]
      live.push(...opened)
      if (groups.length > 0) read(groups)
      for (const { isDone, done, tokens, logprobs, entropies, ended, cache } of live) {
        if (!isDone) continue
        free.push(cache)
        done({ tokens, logprobs, entropies, ended })
      }
      live = live.filter(({ isDone }) => !isDone)
      return live.length + waiting.length > 0
    },
    clear() {
      free.push(...live.map(({ cache }) => cache))
      live = []
      waiting = []
    },
  }
}

/** Rows whose view and text are the same, as those of a group of searches are in their first turn. */
function samePrompts(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[][]>()
  for (const row of rows) {
    const text = `${row.prefix}:${row.unread.join()}`
    const alike = groups.get(text) ?? []
    groups.set(text, alike)
    const group = alike.find(([other]) => other !== undefined && sameView(other.view, row.view))
    if (group) group.push(row)
    else alike.push([row])
  }
  return [...groups.values()].flat()
}

function sameView(a: Pixels, b: Pixels): boolean {
  return a === b || (a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i]))
}
