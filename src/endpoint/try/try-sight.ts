/** Does a model see at all, as a search needs it? The first trials of `doctor`, with pictures, for whoever chooses among models. */
import type { Endpoint } from '../endpoint.ts'
import type { AskServer } from './asking.ts'
import { tryPictures, trySeveralTurns } from './pictures.ts'

export interface SightOptions {
  readonly endpoint: Endpoint
  readonly model: string
  readonly signal?: AbortSignal | undefined
  /** Told before every request. */
  readonly onRequest: (what: string) => void
}

/** Undefined: it sees pictures, also in several messages. Otherwise why not. Throws `AbortedError` only. */
export async function trySight({ endpoint, model, signal, onRequest }: SightOptions): Promise<string | undefined> {
  const ask: AskServer = (what, messages, more) => {
    onRequest(what)
    return endpoint.complete({ model, messages, ...more }, { signal })
  }
  const { finding } = await tryPictures(ask, endpoint)
  const problem = finding.level === 'problem' ? finding : await trySeveralTurns(ask)
  return problem.level === 'problem' ? [problem.text, problem.fix].filter(Boolean).join('. ') : undefined
}
