/** A request that cannot be served, as OpenAI-compatible servers say it: a status and `{ error: { message, ... } }`. */
import { ContextLengthError, UserError } from '../shared/errors.ts'

export class HttpError extends Error {
  readonly status: number
  /** Stable, for machines; OpenAI's own where it has one. */
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.code = code
  }
}

/** What any thrown value is answered with. Of a fault of ours nothing is told but that there was one. */
export function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof ContextLengthError) return new HttpError(400, 'context_length_exceeded', error.message)
  if (error instanceof UserError) return new HttpError(400, error.code, error.message)
  return new HttpError(500, 'server_error', 'The server failed to answer. Its terminal says why.')
}

export function errorBody({ status, code, message }: HttpError): object {
  const type = status >= 500 ? 'server_error' : status === 401 ? 'authentication_error' : 'invalid_request_error'
  return { error: { message, type, param: null, code } }
}
