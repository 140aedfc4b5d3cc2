/** HTTP errors in OpenAI's format: a status and `{ error: { message, ... } }`. */
import { ContextLengthError, MiniO3Error, UserError } from '../../shared/errors.ts'

/** Its code is OpenAI's own where one exists. A command that ends with it exits as with its cause, or with 2 if it has none of ours. */
export class HttpError extends MiniO3Error {
  override readonly exitCode: number
  readonly status: number
  /** Value of Retry-After in whole seconds, for temporary refusals. */
  readonly retryAfter: number | undefined
  /** The invalid field of the request. */
  readonly param: string | null

  constructor(status: number, code: string, message: string, more: HttpErrorDetails = {}) {
    super(code, message, more)
    this.exitCode = more.cause instanceof MiniO3Error ? more.cause.exitCode : 2
    this.status = status
    this.retryAfter = more.retryAfter
    this.param = more.param || null
  }
}

interface HttpErrorDetails {
  readonly retryAfter?: number
  readonly param?: string
  readonly cause?: unknown
}

/** Maps any thrown value to a response. Internal errors reveal no details. */
export function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof ContextLengthError) return new HttpError(400, 'context_length_exceeded', error.message)
  if (error instanceof UserError) return new HttpError(400, error.code, error.message)
  return new HttpError(500, 'server_error', 'Internal error. See the terminal of the server for the reason.')
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
