/** Finds words in the thoughts of a run's searches: these are only in the log, of which few lines are parsed. */
import { thinks } from '../../evaluate/search-facts.ts'
import { throwIfAborted } from '../../shared/errors.ts'
import type { ThoughtsFound } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'
import type { RunIndex } from './items.ts'

const mostWords = 4_000

/** Throws `HttpError` 400, and `AbortedError` when the client is gone. */
export async function findThoughts(
  index: RunIndex,
  asked: string,
  after: number,
  signal: AbortSignal,
): Promise<ThoughtsFound> {
  const words = asked.toLowerCase()
  if (words.trim() === '' || words.length > mostWords)
    throw new HttpError(400, 'invalid_request', `words: has to be 1 to ${mostWords} characters.`)
  const written = JSON.stringify(words).slice(1, -1)
  const upTo = index.entries.length
  const indexes: number[] = []
  const mayHave = (line: string): boolean => {
    throwIfAborted(signal)
    // Logs of other programs may write any letter as an escape.
    return line.includes(String.raw`\u`) || line.toLowerCase().includes(written)
  }
  for await (const { index: at, trajectory } of index.search(after, mayHave)) {
    if (at < upTo && thinks(trajectory, words)) indexes.push(at)
  }
  return { indexes, upTo }
}
