/** One model of a server: where it is, opened and asked whether it has that model. */
import { UserError } from '../shared/errors.ts'
import { defined } from '../shared/known.ts'
import type { Endpoint, ModelInfo } from './endpoint.ts'
import { nearestNames } from './nearest.ts'
import { openEndpoint } from './open-endpoint.ts'
import type { ServerKindName } from './server-kinds.ts'

export interface ServerOptions {
  readonly baseUrl?: string
  /** The environment variable that holds the key. */
  readonly apiKeyEnv?: string | undefined
  readonly server?: ServerKindName
  /** Seconds that one reply may take. */
  readonly replySeconds?: number
}

/** Opens the endpoint; close it when done. Throws `UserError` when it has no such model. */
export async function openModel(options: ServerOptions, id: string): Promise<{ endpoint: Endpoint; model: ModelInfo }> {
  const { baseUrl, apiKeyEnv, server: kind, replySeconds } = options
  const timeoutMs = replySeconds === undefined ? undefined : replySeconds * 1000
  const endpoint = await openEndpoint({ baseUrl: defined(baseUrl, '--base-url'), apiKeyEnv, kind, timeoutMs })
  const { models } = endpoint
  const model = models.find((listed) => listed.id === id)
  if (model !== undefined || models.length === 0) return { endpoint, model: model ?? { id } }
  endpoint.close()
  const names = nearestNames(
    id,
    models.map((listed) => listed.id),
  )
  throw new UserError(
    'model-unknown',
    `${baseUrl} has no model "${id}". Its ${models.length === 1 ? 'only one is' : 'nearest are'} ${names.join(', ')}.`,
  )
}
