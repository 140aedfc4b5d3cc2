/** Tests whether a model accepts pictures as a search needs: the first tests of `doctor`, used to choose among models. */
import type { Endpoint } from '../endpoint.ts'
import type { AskServer } from './asking.ts'
import { tryPictures, trySeveralTurns } from './pictures.ts'

export interface SightOptions {
  readonly endpoint: Endpoint
  readonly model: string
  readonly signal?: AbortSignal | undefined
  /** Called before every request. */
  readonly onRequest: (what: string) => void
}

/** Undefined if pictures work, also in several messages; otherwise the reason why not. Only throws `AbortedError`. */
export async function trySight({ endpoint, model, signal, onRequest }: SightOptions): Promise<string | undefined> {
  const ask: AskServer = (what, messages, more) => {
    onRequest(what)
    return endpoint.complete({ model, messages, ...more }, { signal })
  }
  const { finding } = await tryPictures(ask, endpoint)
  const problem = finding.level === 'problem' ? finding : await trySeveralTurns(ask)
  return problem.level === 'problem' ? [problem.text, problem.fix].filter(Boolean).join('. ') : undefined
}
