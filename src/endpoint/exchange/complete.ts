/** Replies from one server: tries again, learns what the server does not take, counts what was spent. */
import { TransportError } from '../../shared/errors.ts'
import { below } from '../address.ts'
import type { Completion, CompletionRequest, Endpoint, ModelInfo, Spent } from '../endpoint.ts'
import { asItCame } from './encode-reply.ts'
import { withheldCode } from './finish.ts'
import { innerError } from './inner-error.ts'
import type { InnerError } from './inner-error.ts'
import { readBody } from './reply-body.ts'
import { nextForms } from './reply-forms.ts'
import { readReply } from './read-reply.ts'
import { isImageMiss, readRefusal, refusedField, roomLeft } from '../refusal/refusal.ts'
import type { Refusal } from '../refusal/refusal.ts'
import { refusalError } from '../refusal/refusal-error.ts'
import { requestBody } from './request-body.ts'
import type { RequestBody } from './request-body.ts'
import { retryAfterMs, withRetries, worthAnotherTry } from './retry.ts'
import type { Tried } from './retry.ts'
import type { Exchange } from './send.ts'
import { authorization, statusError } from './server.ts'
import type { Server } from './server.ts'
import type { ServerKind } from '../server-kinds.ts'

/** Tokens that a last reply before the end of the context may be cut to; with less room the conversation is too long. */
const leastReply = 256

/** Ids of pictures that are remembered: a server keeps fewer. */
const maxHeldImages = 65_536

export function completer(
  server: Server,
  kind: ServerKind,
  models: readonly ModelInfo[],
): Pick<Endpoint, 'complete' | 'spent'> {
  const dropped = new Set<string>()
  const pictures = pictureMemory()
  let replyForms = asItCame
  const spent = { requests: 0, retries: 0, promptTokens: 0, replyTokens: 0, bytesSent: 0 }
  const url = below(server.base, '/chat/completions')
  const headers = authorization(server.key)

  async function complete(
    request: CompletionRequest,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Completion> {
    let asked = request
    let byId = true

    /** Whether there is another form of the request that may be taken; `known`: what else the refusal means is clear. */
    function adapted(refusal: Refusal, known: boolean, body: RequestBody): boolean {
      const room = roomLeft(refusal)
      if (room !== undefined && room >= leastReply && asked.maxTokens !== undefined && room < asked.maxTokens) {
        asked = { ...asked, maxTokens: room }
        return true
      }
      const forms = nextForms(refusal, replyForms, asked.messages)
      if (forms !== undefined) replyForms = forms
      if (forms !== undefined) return true
      const field = refusedField(refusal, body.fields)
      if (field !== undefined) dropped.add(field)
      if (field !== undefined) return true
      const forgotten = isImageMiss(refusal)
      if (body.imagesById === 0 || (known && !forgotten)) return false
      byId = false
      pictures.missed(body.images, forgotten || refusal.status === 500)
      return true
    }

    async function attempt(): Promise<Tried<Completion>> {
      for (;;) {
        const body = requestBody(asked, kind, { dropped, heldImages: byId ? pictures.held : nothing, replyForms })
        spent.requests++
        spent.bytesSent += body.bytes
        let exchange: Exchange
        try {
          exchange = await server.send(url, { method: 'POST', headers, body, timeoutMs: server.timeoutMs, signal })
        } catch (error) {
          if (!(error instanceof TransportError) || error.code === 'reply-too-large') throw error
          return error.code === 'connection-stale' ? { error, waitMs: 0 } : { error }
        }
        if (isSuccess(exchange)) {
          const answered = read(exchange, body)
          if (!('status' in answered)) return answered
          exchange = { ...exchange, ...answered }
        }
        const { status } = exchange
        const refusal = readRefusal(exchange)
        const refused = { model: asked.model, images: body.images.length, bytes: body.bytes }
        const error = refusalError(refusal, refused, server, kind, models)
        const known = error.code !== 'request-refused'
        if (adapted(refusal, known || (worthAnotherTry(status) && status !== 500), body)) continue
        // What is known to be for good is not tried again, whatever its status.
        if (known || !worthAnotherTry(status)) throw error
        return { error: statusError(server, exchange), waitMs: retryAfterMs(exchange.headers) }
      }
    }

    /** The completion, what went wrong with it, or the error that the body holds, as if it had come with its own status. */
    function read({ text }: Exchange, { fields, images }: RequestBody): Tried<Completion> | InnerError {
      const stripped = fields.includes('stop') && (kind.stop === 'stripped' || dropped.has(stopField))
      try {
        const body = readBody(text)
        const error = innerError(body)
        if (error !== undefined) return error
        const { messages, stop = [] } = asked
        const completion = readReply(body, { stop, stripped, refused: [...dropped], messages: messages.length })
        spent.promptTokens += completion.usage?.promptTokens ?? 0
        spent.replyTokens += completion.usage?.replyTokens ?? 0
        pictures.took(images)
        return { result: completion }
      } catch (error) {
        if (error instanceof TransportError && error.code !== withheldCode) return { error }
        throw error
      }
    }
    const stopField = Object.keys(kind.stopFields)[0] ?? ''

    return withRetries(attempt, { ...server, signal, onRetry: () => void spent.retries++ })
  }

  return { complete, spent: (): Spent => ({ ...spent }) }
}

function isSuccess({ status }: Exchange): boolean {
  return status >= 200 && status < 300
}

const nothing: ReadonlySet<string> = new Set()

/** Which pictures a server may still have. Where that is wrong more often than right, none are sent by id any more. */
function pictureMemory() {
  const held = new Set<string>()
  let hits = 0
  let misses = 0
  const worthIt = (): boolean => misses <= 3 + hits / 4
  return {
    held: held as ReadonlySet<string>,
    took(images: readonly string[]): void {
      if (!worthIt()) return
      if (images.some((image) => held.has(image))) hits++
      if (held.size > maxHeldImages) held.clear()
      for (const image of images) held.add(image)
    },
    /** `forgotten`: the server takes ids, but has these pictures no longer; otherwise it takes no ids. */
    missed(images: readonly string[], forgotten: boolean): void {
      misses += forgotten ? 1 : Number.POSITIVE_INFINITY
      for (const image of images) held.delete(image)
      if (!worthIt()) held.clear()
    },
  }
}
