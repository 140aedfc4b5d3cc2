/** Requests replies from one server: retries, learns what the server does not support, counts usage. */
import { TransportError, withheldCode } from '../../shared/errors.ts'
import { below } from '../address.ts'
import type { Completion, CompletionOptions, CompletionRequest, Endpoint, ModelInfo, Spent } from '../endpoint.ts'
import { unreadable } from './foreign-body.ts'
import { formOf, nothingLearnt } from './adapt.ts'
import type { InnerError } from './inner-error.ts'
import { liveReply } from './live-reply.ts'
import type { ReplyNews } from '../../shared/reply-news.ts'
import { readReply } from './read-reply.ts'
import { meaningOf } from '../refusal/refusal.ts'
import type { Meaning, Refusal } from '../refusal/refusal.ts'
import { refusalError } from '../refusal/refusal-error.ts'
import { requestBody } from './request-body.ts'
import type { RequestBody } from './request-body.ts'
import { asSentence, withRetries, worthAnotherTry } from './retry.ts'
import type { Tried } from './retry.ts'
import type { Exchange } from './send.ts'
import { shownExchange } from './shown-exchange.ts'
import { authorization, refusalOf, statusError } from './server.ts'
import type { Server } from './server.ts'
import type { ServerKind } from '../server-kinds.ts'

export function completer(
  server: Server,
  kind: ServerKind,
  models: readonly ModelInfo[],
): Pick<Endpoint, 'complete' | 'spent'> {
  const learnt = nothingLearnt()
  const spent = { requests: 0, retries: 0, promptTokens: 0, replyTokens: 0, bytesSent: 0 }
  const url = below(server.base, '/chat/completions')
  const headers = authorization(server.key)

  async function complete(
    request: CompletionRequest,
    { signal, onNews, onRetry, onExchange }: CompletionOptions = {},
  ): Promise<Completion> {
    const form = formOf(request, learnt)
    let failures = 0
    let cutStreams = 0

    async function attempt(): Promise<Tried<Completion>> {
      for (;;) {
        const asked = { request: form.asked(), habits: form.habits(), streamed: onNews !== undefined }
        const body = requestBody(asked.request, kind, asked.habits, asked)
        const tellExchange = (came: { readonly exchange: Exchange } | { readonly error: unknown }): void =>
          onExchange?.(shownExchange(server, kind, asked, came))
        let told = false
        const tell = (news: ReplyNews): void => {
          told = true
          onNews?.(news)
        }
        const listener = onNews && body.fields.includes('stream') ? liveReply(tell) : undefined
        spent.requests++
        spent.bytesSent += body.bytes
        let exchange: Exchange
        try {
          const { timeoutMs, idleMs } = server
          exchange = await server.send(url, { method: 'POST', headers, body, timeoutMs, idleMs, signal, listener })
        } catch (error) {
          tellExchange({ error })
          if (!(error instanceof TransportError) || error.code === 'reply-too-large') throw error
          // Some servers abort every stream, for example for a reason that would be a refusal without streaming.
          if (listener !== undefined && ++cutStreams > 1) form.streamFailed()
          return error.code === 'connection-stale' ? { error, waitMs: 0 } : { error }
        }
        tellExchange({ exchange })
        if (isSuccess(exchange)) {
          const answered = read(exchange, body)
          if (!('status' in answered)) return answered
          exchange = { ...exchange, ...answered }
        }
        const refusal = refusalOf(server, exchange)
        const meaning = meaningOf(refusal)
        if (form.adapt(refusal, meaning, body, failures)) {
          onRetry?.({ why: `${asSentence(statusError(server, refusal).message)} Sent again in another form.` })
          // The refusal may have arrived in the middle of a reply; otherwise nobody has to know.
          if (told) onNews?.({ kind: 'waiting', why: 'The server refused the request; retrying in another form.' })
          continue
        }
        failures++
        if (!mayPass(refusal, meaning)) {
          const { model } = request
          const refused = { model, images: body.images.length, bytes: body.bytes, tools: body.fields.includes('tools') }
          throw refusalError(refusal, meaning, refused, server, kind, models)
        }
        return { error: statusError(server, refusal, meaning.kind === 'busy'), waitMs: refusal.waitMs }
      }
    }

    /** The completion, the error of reading it, or an error inside the body as if it had its own status. */
    function read({ text }: Exchange, sent: RequestBody): Tried<Completion> | InnerError {
      const { dropped } = form.habits()
      const stripped = sent.fields.includes('stop') && (kind.stop === 'stripped' || dropped.has(stopField))
      try {
        const { messages, stop = [], stopAnywhere: anywhere } = request
        const rules = { stop, stripped, anywhere, refused: [...dropped], messages: messages.length }
        const completion = readReply(text, rules)
        if ('status' in completion) return completion
        spent.promptTokens += completion.usage?.promptTokens ?? 0
        spent.replyTokens += completion.usage?.replyTokens ?? 0
        form.taken(sent)
        return { result: completion }
      } catch (error) {
        if (error instanceof TransportError && error.code === 'reply-unreadable') {
          if (sent.fields.includes('stream')) form.streamFailed()
          return { error: unreadable(text, server) }
        }
        if (error instanceof TransportError && error.code !== withheldCode) return { error }
        throw error
      }
    }
    const stopField = Object.keys(kind.stopFields)[0] ?? ''

    return withRetries(attempt, {
      ...server,
      signal,
      onRetry({ error, waitMs, number, of }) {
        spent.retries++
        // A connection that the server had closed meanwhile is not an error and costs no time.
        if (error.code === 'connection-stale') return
        onRetry?.({ why: error.message, waitMs })
        onNews?.({ kind: 'waiting', why: error.message, waitMs, next: { number, of } })
      },
    })
  }

  return { complete, spent: (): Spent => ({ ...spent }) }
}

/** Whether the same request may succeed later. Permanent refusals are not retried, whatever their status. */
function mayPass({ status }: Refusal, { kind }: Meaning): boolean {
  return kind === 'busy' || (kind === 'unknown' && worthAnotherTry(status))
}

function isSuccess({ status }: Exchange): boolean {
  return status >= 200 && status < 300
}
