/** Does a model see at all, as a search needs it? The first trials of `doctor`, with a picture, for whoever chooses among models. */
import { MiniO3Error, messageOf, throwIfAborted } from '../../shared/errors.ts'
import { openEndpoint } from '../open-endpoint.ts'
import type { EndpointOptions } from '../open-endpoint.ts'
import type { AskServer } from './asking.ts'
import { tryPictures, trySeveralTurns } from './pictures.ts'

export interface SightOptions extends Pick<EndpointOptions, 'baseUrl' | 'apiKeyEnv' | 'kind' | 'timeoutMs'> {
  readonly model: string
  readonly signal?: AbortSignal | undefined
  /** Told before every request. */
  readonly onRequest?: (what: string) => void
}

/** Undefined: it sees pictures, also in several messages. Otherwise why not. Throws `AbortedError` only. */
export async function trySight({ model, signal, onRequest, ...options }: SightOptions): Promise<string | undefined> {
  try {
    const endpoint = await openEndpoint({ ...options, maxTries: 2 })
    try {
      const ask: AskServer = (what, messages, more) => {
        onRequest?.(what)
        return endpoint.complete({ model, messages, ...more }, { signal })
      }
      const { finding } = await tryPictures(ask, endpoint)
      const turns = finding.level === 'problem' ? finding : await trySeveralTurns(ask)
      return turns.level === 'problem' ? [turns.text, turns.fix].filter(Boolean).join('. ') : undefined
    } finally {
      endpoint.close()
    }
  } catch (error) {
    throwIfAborted(signal)
    if (error instanceof MiniO3Error) return messageOf(error)
    throw error
  }
}
