/** `--shard i/n`: which problems of a set a machine searches, so that n machines search each once. Pure. */
import { UserError } from '../shared/errors.ts'

export interface Shard {
  /** Counted from 1. */
  readonly index: number
  readonly of: number
}

const most = 10_000

/** Throws `UserError` for anything but `i/n` with 1 <= i <= n. */
export function parseShard(text: string): Shard {
  const [, index, of] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number)
  if (index !== undefined && of !== undefined && index >= 1 && index <= of && of <= most) return { index, of }
  throw new UserError('shard', `--shard ${text} is no share. The second of four machines takes 2/4.`)
}

/** Every n-th: data that is sorted by kind is dealt evenly. */
export function shardOf<T>(items: readonly T[], shard: Shard | undefined): T[] {
  return shard === undefined ? [...items] : items.filter((_, at) => at % shard.of === shard.index - 1)
}
