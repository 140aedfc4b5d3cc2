/** The error hierarchy: each error has a stable `code`, keeps its cause, and says in its message what to do. */
import { fieldsOf } from './fields.ts'

export interface ErrorOptions {
  readonly cause?: unknown
}

/** A failure (exit 1), unless a subclass sets another exit code. */
export class MiniO3Error extends Error {
  /** Stable, in kebab case, such as `run-config-differs`. */
  readonly code: string
  /** Exit status of a command that ends with this error. */
  readonly exitCode: number = 1

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = new.target.name
    this.code = code
  }
}

/** An option, a file or a setting given by the user is invalid (exit 2); the message names the fix. */
export class UserError extends MiniO3Error {
  override readonly exitCode = 2
}

/** A policy or judge was unreachable or failed: worth a retry, never scored. */
export class TransportError extends MiniO3Error {}

export const contextLengthCode = 'context-length'
/** A content filter blocked the reply. */
export const withheldCode = 'content-filter'
/** The server refused a picture of this search. */
export const imageRefusedCode = 'image-refused'
/** The token limit truncated the reply before it called or answered. */
export const replyCutCode = 'reply-cut'
/** The server refused a request for a reason that may be temporary. */
export const requestRefusedCode = 'request-refused'
/** The request has more bytes than the server takes. */
export const requestTooLargeCode = 'request-too-large'
/** The server broke at a request, each time that it was tried. */
export const requestFailedCode = 'request-failed'

/** The next message does not fit in the policy's context; the search then ends `over-context`. */
export class ContextLengthError extends MiniO3Error {
  constructor(message: string, options: ErrorOptions = {}) {
    super(contextLengthCode, message, options)
  }
}

/** The caller's signal stopped the work. Has the platform's name (`AbortError`), so that both kinds are caught alike. */
export class AbortedError extends MiniO3Error {
  override readonly exitCode = 130

  constructor(message = 'Stopped before it was finished.', options: ErrorOptions = {}) {
    super('aborted', message, options)
    this.name = 'AbortError'
  }
}

/** Throws `AbortedError` if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason })
}

/** The exit status for any thrown value. */
export function exitCodeOf(error: unknown): number {
  return error instanceof MiniO3Error ? error.exitCode : 1
}

/** The stable code of any thrown value; platform codes such as `ENOENT` are passed through. */
export function errorCodeOf(error: unknown): string {
  const code = fieldsOf(error)?.['code']
  return typeof code === 'string' ? code : 'unexpected'
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
