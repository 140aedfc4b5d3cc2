/**
 * Which part of a turn each token of a reply writes, so that a run can say where it learns: the thought, the box of a call, its source,
 * the answer; the rest is form. Parts stand where the profile's dialect reads them; a token counts to the part that holds half of it.
 */
import { dialectOf } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import type { TextSpan } from '../protocol/thinking-marks.ts'
import { partialRecordOf } from '../shared/fields.ts'
import { sum } from '../shared/numbers.ts'

const namedParts = ['thought', 'box', 'source', 'answer'] as const
const tokenParts = [...namedParts, 'form'] as const
export type TokenPart = (typeof tokenParts)[number]

export type PartReader = (reply: readonly number[]) => TokenPart[]

/** Reads replies in the profile's dialect. `decode` gives the text of tokens, marks left out. */
export function partReader(profile: Pick<Profile, 'dialect' | 'parse' | 'answerPick'>, decode: Decode): PartReader {
  const textOf = textReader(decode)
  return (reply) => {
    const pieces = piecesOf(reply, textOf)
    const text = pieces.map((piece) => piece.text).join('')
    const found = dialectOf(profile).parts(text, profile)
    const spans = namedParts.flatMap((part) => {
      const span = found[part]
      return span ? [{ part, span }] : []
    })
    let end = 0
    return pieces.flatMap(({ text: { length }, tokens }): TokenPart[] => {
      const start = end
      end += length
      const held = ({ start: from, end: to }: TextSpan): number => Math.min(end, to) - Math.max(start, from)
      // Of a token that half belongs to a part, the rest is mostly a quote or a blank.
      const own = spans.findLast(({ span }) => held(span) > 0 && held(span) * 2 >= length)
      return Array.from({ length: tokens }, () => own?.part ?? 'form')
    })
  }
}

/** Characters of each token of a reply; of tokens that share a character, the last one has it. */
export function lengthReader(decode: Decode): (reply: readonly number[]) => number[] {
  const textOf = textReader(decode)
  return (reply) =>
    piecesOf(reply, textOf).flatMap(({ text, tokens }) => [...Array.from({ length: tokens - 1 }, () => 0), text.length])
}

/** The text of tokens, marks left out. */
type Decode = (tokens: readonly number[]) => string

/** Remembers the text of single tokens. */
function textReader(decode: Decode): Decode {
  const known = new Map<number, string>()
  return (tokens) => {
    const [first] = tokens
    if (first === undefined || tokens.length > 1) return decode(tokens)
    const text = known.get(first) ?? decode(tokens)
    known.set(first, text)
    return text
  }
}

/** Bytes of one character: as many tokens may share it. */
const mostShared = 4
const incomplete = '\uFFFD'

/** The text of each token, or of the few that share a character. */
function piecesOf(
  reply: readonly number[],
  textOf: (tokens: readonly number[]) => string,
): { readonly text: string; readonly tokens: number }[] {
  const pieces: { text: string; tokens: number }[] = []
  for (let at = 0; at < reply.length;) {
    let tokens = 1
    let text = textOf(reply.slice(at, at + 1))
    while (text.endsWith(incomplete) && tokens < mostShared && at + tokens < reply.length) {
      text = textOf(reply.slice(at, at + ++tokens))
    }
    pieces.push({ text, tokens })
    at += tokens
  }
  return pieces
}

/** Tokens of each part, and the sum of what is told of each token. */
export type PartSums = ReadonlyMap<TokenPart, { readonly tokens: number; readonly total: number }>

/** `values` run along the tokens of a reply. */
export function sumByPart(
  replies: readonly { readonly parts: readonly TokenPart[]; readonly values: readonly number[] }[],
): PartSums {
  const sums = new Map<TokenPart, { tokens: number; total: number }>()
  for (const { parts, values } of replies) {
    for (const [i, part] of parts.entries()) {
      const { tokens, total } = sums.get(part) ?? { tokens: 0, total: 0 }
      sums.set(part, { tokens: tokens + 1, total: total + (values[i] ?? 0) })
    }
  }
  return sums
}

/** How many tokens of a reply were the likeliest, by part. */
export function greedyParts(reply: readonly number[], greedy: readonly boolean[], partsOf: PartReader): PartSums {
  return sumByPart([{ parts: partsOf(reply), values: greedy.map(Number) }])
}

export function addSums(all: readonly PartSums[]): PartSums {
  const sums = new Map<TokenPart, { tokens: number; total: number }>()
  for (const [part, { tokens, total }] of all.flatMap((one) => [...one])) {
    const before = sums.get(part) ?? { tokens: 0, total: 0 }
    sums.set(part, { tokens: before.tokens + tokens, total: before.total + total })
  }
  return sums
}

/** Parts that no token writes are absent. */
export type ByPart<T> = Readonly<Partial<Record<TokenPart, T>>>

export interface PartFigures {
  /** Of all tokens, a fraction. */
  readonly share: number
  /** The mean of log p, in nats. */
  readonly logprob: number
}

export function partFigures(sums: PartSums): ByPart<PartFigures> {
  const all = sum([...sums.values()].map(({ tokens }) => tokens))
  return partialRecordOf(tokenParts, (part) => {
    const own = sums.get(part)
    return own && { share: own.tokens / all, logprob: own.total / own.tokens }
  })
}

/** The mean of each part. */
export function partMeans(sums: PartSums): ByPart<number> {
  return partialRecordOf(tokenParts, (part) => {
    const own = sums.get(part)
    return own && own.total / own.tokens
  })
}
