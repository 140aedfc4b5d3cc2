/** Opens the endpoint of a model and checks that the server has the model. */
import { UserError } from '../shared/errors.ts'
import { defined } from '../shared/known.ts'
import type { Endpoint, ModelInfo } from './endpoint.ts'
import { nearestNames } from '../shared/nearest.ts'
import { openEndpoint } from './open-endpoint.ts'
import type { ServerKindName } from './server-kinds.ts'

export interface ServerOptions {
  readonly baseUrl?: string
  /** Name of the environment variable with the API key. */
  readonly apiKeyEnv?: string | undefined
  readonly server?: ServerKindName
  /** Timeout of one reply in seconds. */
  readonly replySeconds?: number
}

/** Opens the endpoint; close it when done. Throws `UserError` if it has no such model. */
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
    `${baseUrl} has no model "${id}". ${models.length === 1 ? 'Its only model' : 'Closest names'}: ${names.join(', ')}.`,
  )
}
