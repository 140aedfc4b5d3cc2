/**
 * Requests to a Tinker server: the key, tries again where that is safe, results by long poll, and one place where all of
 * it stops. Knows nothing of models.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { baseUrlOf, below, keyFrom } from '../../endpoint/address.ts'
import { retryAfterMs, type Tried, withRetries } from '../../endpoint/exchange/retry.ts'
import { withoutKey } from '../../endpoint/without-key.ts'
import { AbortedError, TransportError, UserError, throwIfAborted } from '../../shared/errors.ts'
import { type Body, contentTypes, jsonBody, type Raw } from './codec.ts'
import { type FutureOutcome, futureOutcome, parsedResult, failureReason } from './future.ts'
import { exchange, type TinkerExchange } from './http.ts'
import { read, replies } from './protocol.ts'

export interface TransportOptions {
  /** Without `/api/v1`. */
  readonly url: string
  /** Name of the environment variable that holds the key; none: no key is sent. */
  readonly apiKeyEnv?: string | undefined
  /** 409 means "busy". */
  readonly conflictPasses: () => boolean
  /** Waits, to be shortened by tests. */
  readonly patience?: Partial<PollPatience> | undefined
}

export interface PollPatience {
  readonly timeoutMs: number
  /** One long poll. */
  readonly pollMs: number
  /** Polls come no closer. */
  readonly pollEveryMs: number
  readonly maxTries: number
  readonly backoffMs: number
  readonly maxWaitMs: number
}

/** About five minutes of trying, as the protocol's own client does. */
const patient: PollPatience = {
  timeoutMs: 60_000,
  pollMs: 45_000,
  pollEveryMs: 100,
  maxTries: 15,
  backoffMs: 1000,
  maxWaitMs: 30_000,
}

const silentMs = 1500
const silentServer = { type: 'MiniO3Warning', code: 'tinker-silent' } as const

/** What a connection carries at least, and a server takes in: a batch with pictures can be hundreds of megabytes. */
const bytesPerMs = 2_000

/** `repeat`: asked again also when the server may have acted. `careful`: only when it certainly has not. */
export type Retry = 'repeat' | 'careful' | 'never'

export interface Transport {
  readonly url: URL
  /** Asked again in any case, unless told otherwise. */
  get(
    path: string,
    options?: { readonly query: Readonly<Record<string, string>>; readonly retry: Retry },
  ): Promise<unknown>
  post(path: string, body: object | Body, retry: Retry, timeoutMs?: number): Promise<unknown>
  /** Once. */
  delete(path: string): Promise<void>
  /** Posts what is answered with a promise, and returns that promise's id. */
  submit(path: string, body: object | Body, retry: Retry): Promise<string>
  /**
   * Waits for a promised result. `again` repeats the request when the server has forgotten the result; `signal` ends the
   * waiting, at the next poll.
   */
  result(requestId: string, what: string, again?: () => Promise<string>, signal?: AbortSignal): Promise<Raw>
  /** Everything under way and everything to come fails with `error`. */
  fail(error: Error): void
}

/** The server has not acted on a request that it answers so; 402: until somebody has paid. */
const untouched = new Set([402, 408, 425, 429, 503])

export function openTransport(options: TransportOptions): Transport {
  const url = baseUrlOf(options.url)
  const key = keyFrom(options.apiKeyEnv)
  const patience = { ...patient, ...options.patience }
  const stop = new AbortController()
  // Hundreds of requests wait at once.
  setMaxListeners(0, stop.signal)
  const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key }
  const { maxTries, backoffMs, maxWaitMs } = patience
  const rules = { maxTries, backoffMs, maxWaitMs, signal: stop.signal, onRetry: () => {} }

  /** An address at which nothing has answered yet is rather wrong than busy. */
  let reached = false
  let cuts = 0
  let silence: NodeJS.Timeout | undefined

  /** Until the first answer nobody knows that a server is there: says once what is being waited for. */
  function watchSilence(): void {
    if (reached || silence) return
    const tell = (): void => process.emitWarning(`Waiting for ${url.host}, which has not answered yet.`, silentServer)
    silence = setTimeout(tell, silentMs).unref()
  }

  /** An abort is always `fail`'s: its reason is what went wrong. */
  async function orFailed<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw error instanceof AbortedError && stop.signal.aborted ? stop.signal.reason : error
    }
  }

  async function ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: Body | undefined,
    retry: Retry,
    query: Readonly<Record<string, string>> = {},
    timeoutMs = patience.timeoutMs + Math.ceil((body?.bytes.byteLength ?? 0) / bytesPerMs),
  ): Promise<TinkerExchange> {
    const asked = { method, headers, body, timeoutMs, signal: stop.signal }
    const address = below(url, `/api/v1/${path}`)
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value)
    watchSilence()
    const attempt = async (): Promise<Tried<TinkerExchange>> => {
      let answer: TinkerExchange
      try {
        answer = await exchange(address, asked)
        reached = true
        clearTimeout(silence)
      } catch (error) {
        // A cut may concern an idle connection of an earlier client in this process, which its server has closed since.
        const isCut = errorIs(error, 'tinker-cut')
        const isBroken = errorIs(error, 'tinker-unreachable') || (isCut && (retry !== 'repeat' || ++cuts > 1))
        if (!reached && error instanceof TransportError && isBroken) {
          clearTimeout(silence)
          throw neverReached(error)
        }
        const passes = retry === 'repeat' || (retry === 'careful' && errorIs(error, 'tinker-unreachable'))
        if (passes && error instanceof TransportError && error.code !== 'tinker-reply') return { error }
        throw error
      }
      if (answer.status < 300) return { result: answer }
      const { status } = answer
      const error = refusal(path, answer)
      const conflict = status === 409 && options.conflictPasses()
      const passes = untouched.has(status) || ((status >= 500 || conflict) && retry === 'repeat')
      if (!passes || retry === 'never' || !(error instanceof TransportError)) throw error
      return { error, waitMs: retryAfterMs(Object.fromEntries(answer.headers)) }
    }
    return orFailed(withRetries(attempt, rules))
  }

  function refusal(path: string, { status, bytes }: TinkerExchange): TransportError | UserError {
    const reason = withoutKey(failureReason(parsedResult(bytes)), key)
    const said = `The server answered ${path} with ${status}${reason === '' ? '' : `: ${reason}`}.`
    if (status === 401 || status === 403) {
      const fix = options.apiKeyEnv
        ? `Check the key in ${options.apiKeyEnv}.`
        : 'Name the variable that holds a key: --api-key-env.'
      return new UserError('tinker-key', `${said} ${fix}`)
    }
    if (status === 409) return new TransportError('tinker-conflict', said)
    if (status === 404) {
      const twice = /\/api\/v1\/*$/.test(url.pathname)
      return new TransportError('tinker-unknown', twice ? `${said} Leave /api/v1 out of the address.` : said)
    }
    return new TransportError('tinker-refused', said)
  }

  const jsonOf = ({ bytes }: TinkerExchange): unknown => parsedResult(bytes)
  const bodyOf = (body: object | Body): Body => (isBody(body) ? body : jsonBody(body))
  const post: Transport['post'] = async (path, body, retry, timeoutMs) =>
    jsonOf(await ask('POST', path, bodyOf(body), retry, {}, timeoutMs))

  /** One poll; trouble is tried again with a growing wait. */
  async function poll(requestId: string, what: string): Promise<FutureOutcome> {
    const asked = {
      method: 'POST' as const,
      headers: { ...headers, accept: `${contentTypes.protobuf}, ${contentTypes.json}` },
      body: jsonBody({ request_id: requestId }),
      timeoutMs: patience.pollMs,
      signal: stop.signal,
    }
    return orFailed(
      withRetries(async (): Promise<Tried<FutureOutcome>> => {
        let answer: TinkerExchange
        try {
          answer = await exchange(below(url, '/api/v1/retrieve_future'), asked)
        } catch (error) {
          if (errorIs(error, 'tinker-timeout')) return { result: { kind: 'pending' } }
          if (error instanceof TransportError) return { error }
          throw error
        }
        const outcome = futureOutcome(answer)
        if (outcome.kind !== 'trouble') return { result: outcome }
        const why = `Waiting for ${what}: ${withoutKey(outcome.reason, key)}.`
        return {
          error: new TransportError('tinker-trouble', why),
          waitMs: retryAfterMs(Object.fromEntries(answer.headers)),
        }
      }, rules),
    )
  }

  return {
    url,
    async get(path, { query, retry } = { query: {}, retry: 'repeat' }) {
      return jsonOf(await ask('GET', path, undefined, retry, query))
    },
    post,
    async delete(path) {
      await ask('DELETE', path, undefined, 'never')
    },
    submit: async (path, body, retry) => read(replies.acknowledged, await post(path, body, retry), path).request_id,
    async result(requestId, what, again, signal) {
      let id = requestId
      for (;;) {
        throwIfAborted(signal)
        const startedMs = performance.now()
        const outcome = await poll(id, what)
        if (outcome.kind === 'done') return outcome.raw
        if (outcome.kind === 'expired' && again) id = await again()
        else if (outcome.kind !== 'pending') throw failure(outcome, what, key)
        const early = patience.pollEveryMs - (performance.now() - startedMs)
        if (early > 0) await orFailed(wait(early, undefined, { signal: stop.signal }).catch(aborted))
      }
    },
    fail: (error) => stop.abort(error),
  }
}

function neverReached({ message, code, cause }: TransportError): UserError {
  return new UserError(code, `${message} Start the server, or correct its address, then repeat the command.`, { cause })
}

function aborted(): never {
  throw new AbortedError()
}

function failure(outcome: { kind: string; reason?: string }, what: string, key: string | undefined): TransportError {
  const reason = withoutKey(outcome.reason ?? '', key)
  if (outcome.kind === 'failed') return new TransportError('tinker-failed', `The server failed at ${what}: ${reason}`)
  return new TransportError(
    'tinker-lost',
    `The server no longer knows of a request (${what}${reason && `: ${reason}`}); it was probably restarted. ` +
      'Repeat the command to resume from the last checkpoint.',
  )
}

function isBody(body: object): body is Body {
  return 'bytes' in body && body.bytes instanceof Uint8Array && 'type' in body && typeof body.type === 'string'
}

export function errorIs(error: unknown, code: string): boolean {
  return error instanceof TransportError && error.code === code
}
