/** The times, tokens and costs of a search and of each of its turns, and their descriptions in words. Pure. */
import { pricedModel } from '../policy/registry/kinds.ts'
import { addSpent, costOf, money, nothingSpent, spentByTurn } from '../protocol/price.ts'
import type { Price, SpentTokens } from '../protocol/price.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import type { FailedAttempt } from '../protocol/turn-record.ts'
import { sum } from '../shared/numbers.ts'
import { duration } from './step.ts'

/** What a turn, or a search so far, has used. */
export interface Used {
  readonly ms: number
  /** Of it, waits before further attempts. */
  readonly waitedMs: number
  readonly retries: number
  readonly tokens: SpentTokens
  /** Absent without a price. */
  readonly cost?: number
}

export interface TurnPace {
  /** From 1. */
  readonly number: number
  /** From the start of the search. */
  readonly startMs: number
  readonly firstTokenMs?: number | undefined
  readonly retries: readonly FailedAttempt[]
  readonly used: Used
  /** By this turn and all before it. */
  readonly soFar: Used
  /** False for a turn without a reply. */
  readonly replied: boolean
}

export interface Pace {
  readonly turns: readonly TurnPace[]
  readonly totalMs: number
  readonly total: Used
  /** Whether every turn sends the conversation again, to a server that bills it. */
  readonly billed: boolean
}

const nothingUsed: Used = { ms: 0, waitedMs: 0, retries: 0, tokens: nothingSpent }

/** Undefined for a search without times or tokens, such as one read from the log of another program. */
export function paceOf(
  search: Pick<Trajectory, 'turns' | 'policy'> & Partial<Pick<Trajectory, 'ms' | 'unfinished'>>,
  price?: Price,
): Pace | undefined {
  const { turns, policy, unfinished } = search
  const billed = pricedModel(policy) !== undefined
  const tokens = billed
    ? spentByTurn(turns)
    : turns.map(({ usage }) => ({ sent: usage.promptTokens, cached: 0, written: usage.replyTokens }))
  let soFar = nothingUsed
  const paced: TurnPace[] = []
  const add = (
    turn: NonNullable<Trajectory['unfinished']> & { readonly firstTokenMs?: number | undefined },
    spent: SpentTokens | undefined,
  ): void => {
    const { startMs, ms, firstTokenMs, retries = [] } = turn
    const waitedMs = sum(retries.map(({ waitMs = 0 }) => waitMs))
    const cost = price && { cost: costOf(spent ?? nothingSpent, price) }
    const used = { ms, waitedMs, retries: retries.length, tokens: spent ?? nothingSpent, ...cost }
    soFar = together(soFar, used)
    const number = paced.length + 1
    paced.push({ number, startMs, firstTokenMs, retries, used, soFar, replied: spent !== undefined })
  }
  for (const [index, turn] of turns.entries()) {
    // Earlier versions stored only how long each turn took.
    const startMs = turn.startMs ?? soFar.ms
    add({ ...turn, startMs }, tokens[index] ?? nothingSpent)
  }
  if (unfinished) add(unfinished, undefined)
  const last = paced.at(-1)
  if (last === undefined || (soFar.ms === 0 && soFar.tokens.sent + soFar.tokens.written === 0)) return undefined
  const totalMs = Math.max(search.ms ?? 0, last.startMs + last.used.ms)
  return { turns: paced, totalMs, total: { ...soFar, ms: totalMs }, billed }
}

function together(a: Used, b: Used): Used {
  const cost = a.cost === undefined && b.cost === undefined ? {} : { cost: (a.cost ?? 0) + (b.cost ?? 0) }
  return {
    ms: a.ms + b.ms,
    waitedMs: a.waitedMs + b.waitedMs,
    retries: a.retries + b.retries,
    tokens: addSpent(a.tokens, b.tokens),
    ...cost,
  }
}

/** For example `4.2 s, of which 1.0 s waiting (1 retry); 3,120 tokens sent (2,000 cached), 56 written; cost 0.00123`. */
export function usedText({ ms, waitedMs, retries, tokens, cost }: Used, billed: boolean): string {
  const again = retries === 0 ? '' : retries === 1 ? '1 retry' : `${retries} retries`
  const waited = waitedMs > 0 ? `, of which ${duration(waitedMs)} waiting (${again})` : again && `, ${again}`
  return [
    `${duration(ms)}${waited}`,
    ...(tokens.sent + tokens.written > 0 ? [tokensText(tokens, billed)] : []),
    ...(cost === undefined ? [] : [`cost ${money(cost)}`]),
  ].join('; ')
}

function tokensText({ sent, cached, written }: SpentTokens, billed: boolean): string {
  const kept = cached > 0 ? ` (${count(cached)} cached)` : ''
  return `${count(sent)} tokens ${billed ? 'sent' : 'in'}${kept}, ${count(written)} ${billed ? 'written' : 'out'}`
}

/** A turn, and the search up to it; without a turn, the whole search. */
export function paceTexts({ turns, total, billed }: Pace, turn: number): string[] {
  const one = turns[turn - 1]
  if (one === undefined) return [`All: ${usedText(total, billed)}`]
  const own = `Turn ${turn}: ${usedText(one.used, billed)}${one.replied ? '' : '; no reply'}`
  return turn === 1 ? [own] : [own, `So far: ${usedText(one.soFar, billed)}`]
}

function count(value: number): string {
  return value.toLocaleString('en')
}
