/** Seeded random numbers, identical on every machine. Streams are derived by name, so adding one does not change another. */
import { itemAt } from './known.ts'

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Integer in [0, n). */
  int(n: number): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  pick<T>(items: readonly T[]): T
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  chance(probability: number): boolean
}

/** 32-bit FNV-1a of the seed parts, finalised as in MurmurHash3 so that close seeds give unrelated streams. */
export function hashSeed(...parts: readonly (number | string)[]): number {
  let h = 0x811c9dc5
  const text = parts.join('\u0000')
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A stream (sfc32) for the given seed parts. */
export function random(...parts: readonly (number | string)[]): Random {
  let a = hashSeed('a', ...parts)
  let b = hashSeed('b', ...parts)
  let c = hashSeed('c', ...parts)
  let counter = 1
  function uint32(): number {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return t >>> 0
  }
  for (let i = 0; i < 12; i++) uint32()
  const next = (): number => uint32() / 4294967296
  const int = (n: number): number => Math.floor(next() * n)
  return {
    next,
    int,
    between: (low, high) => low + (high - low) * next(),
    pick: (items) => {
      if (items.length === 0) throw new Error('pick from an empty list')
      return itemAt(items, int(items.length))
    },
    shuffle: (items) => {
      const copy = [...items]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = int(i + 1)
        const swapped = itemAt(copy, i)
        copy[i] = itemAt(copy, j)
        copy[j] = swapped
      }
      return copy
    },
    chance: (probability) => next() < probability,
  }
}
