/** `--shard i/n`: the problems that one of n machines searches. Pure. */
import { UserError } from '../shared/errors.ts'

export interface Shard {
  /** From 1. */
  readonly index: number
  readonly of: number
}

const most = 10_000

/** Throws `UserError` for anything but `i/n` with 1 <= i <= n. */
export function parseShard(text: string): Shard {
  const [, index, of] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number)
  if (index !== undefined && of !== undefined && index >= 1 && index <= of && of <= most) return { index, of }
  throw new UserError('shard', `--shard ${text} is not of the form i/n. Use 2/4 for the second of four machines.`)
}

/** Takes every n-th item, so that sorted data are distributed evenly. */
export function shardOf<T>(items: readonly T[], shard: Shard | undefined): T[] {
  return shard === undefined ? [...items] : items.filter((_, at) => at % shard.of === shard.index - 1)
}
