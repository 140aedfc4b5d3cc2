/** A request that cannot be served, as OpenAI-compatible servers say it: a status and `{ error: { message, ... } }`. */
import { ContextLengthError, UserError } from '../../shared/errors.ts'

export class HttpError extends Error {
  readonly status: number
  /** Stable, for machines; OpenAI's own where it has one. */
  readonly code: string
  /** Whole seconds after which to ask again, for those who came at a bad time. */
  readonly retryAfter: number | undefined
  /** The field of the request that is wrong. */
  readonly param: string | null

  constructor(status: number, code: string, message: string, more: HttpErrorDetails = {}) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.code = code
    this.retryAfter = more.retryAfter
    this.param = more.param || null
  }
}

interface HttpErrorDetails {
  readonly retryAfter?: number
  readonly param?: string
}

/** What any thrown value is answered with. Of a fault of ours nothing is told but that there was one. */
export function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof ContextLengthError) return new HttpError(400, 'context_length_exceeded', error.message)
  if (error instanceof UserError) return new HttpError(400, error.code, error.message)
  return new HttpError(500, 'server_error', 'The server failed to answer. Its terminal says why.')
}

export function errorBody({ status, code, message, param }: HttpError): object {
  return { error: { message, type: typeOf(status), param, code } }
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error'
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  return status === 429 ? 'rate_limit_error' : 'invalid_request_error'
}
