/** A request and its response as they are stored for inspection: without the API key, pictures by hash. Pure. */
import { pictureMark } from '../../protocol/exchange.ts'
import type { SentExchange } from '../../protocol/exchange.ts'
import { messageOf } from '../../shared/errors.ts'
import { below } from '../address.ts'
import type { CompletionRequest } from '../endpoint.ts'
import type { ServerKind } from '../server-kinds.ts'
import type { EncodedImage } from './encode-message.ts'
import { isEventStream } from './events.ts'
import { readBody } from './reply-body.ts'
import { requestFields, sentMessages } from './request-body.ts'
import type { Habits } from './request-body.ts'
import type { Exchange } from './send.ts'
import type { Server } from './server.ts'

interface Asked {
  readonly request: CompletionRequest
  readonly habits: Habits
  readonly streamed: boolean
}

export function shownExchange(
  { base, key, apiKeyEnv }: Server,
  kind: ServerKind,
  { request, habits, streamed }: Asked,
  came: { readonly exchange: Exchange } | { readonly error: unknown },
): SentExchange {
  const hide = hiding(key)
  const images = new Map<string, EncodedImage>()
  const messages = sentMessages(request, habits).map((pieces) => {
    const texts = pieces.map((piece) => {
      if (piece instanceof Uint8Array) return Buffer.from(piece).toString()
      images.set(piece.sha256, piece)
      const detail = kind.imageDetail && { detail: kind.imageDetail }
      const id = kind.imageIds && { uuid: piece.sha256 }
      return JSON.stringify({ type: 'image_url', image_url: { url: pictureMark(piece.sha256), ...detail }, ...id })
    })
    return hide(texts.join(''))
  })
  const pictures = [...images.values()].map(pictureFacts)
  const fields = { model: request.model, ...requestFields(request, kind, habits.dropped, streamed) }
  const sent = {
    url: below(base, '/chat/completions').href,
    ...(key !== undefined && apiKeyEnv !== undefined && { keyEnv: apiKeyEnv }),
    messages,
    fields,
    pictures,
  }
  if ('error' in came) return { ...sent, error: hide(messageOf(came.error)).slice(0, longestHeader) }
  const { status, headers, text } = came.exchange
  return { ...sent, status, headers: shownHeaders(headers, hide), ...shownBody(text, hide) }
}

function pictureFacts({ sha256, dataUrl }: EncodedImage): NonNullable<SentExchange['pictures']>[number] {
  const comma = dataUrl.indexOf(44)
  const mime = Buffer.from(dataUrl.subarray(0, comma))
    .toString('latin1')
    .replace(/^data:|;base64$/g, '')
  const padding = dataUrl.at(-2) === 61 ? 2 : dataUrl.at(-1) === 61 ? 1 : 0
  return { sha256, mime, bytes: ((dataUrl.length - comma - 1) / 4) * 3 - padding }
}

/** The headers that say how the server is: none with cookies or credentials. */
const wanted =
  /^(?:content-type|date|server|via|retry-after(?:-ms)?|(?:x-)?request-id|openai-(?:model|processing-ms|version)|x-ratelimit-[\w-]+|x-model[\w-]*)$/
const longestHeader = 300

function shownHeaders(headers: Exchange['headers'], hide: (text: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      wanted.test(name) && typeof value === 'string' ? [[name, hide(value).slice(0, longestHeader)]] : [],
    ),
  )
}

/** A stream wraps every token in hundreds of bytes: what its events add up to says the same. */
function shownBody(text: string, hide: (text: string) => string): Pick<SentExchange, 'body' | 'streamed'> {
  if (!isEventStream(text)) return { body: hide(text) }
  try {
    return { body: hide(JSON.stringify(readBody(text))), streamed: true }
  } catch {
    return { body: hide(text) }
  }
}

/** Shorter keys, such as `none`, are no secret, and may be part of any text. */
const shortestKey = 6

/** Replaces the key in a text, also where it is escaped as in JSON or a URL. */
function hiding(key: string | undefined): (text: string) => string {
  if (key === undefined || key.length < shortestKey) return (text) => text
  const forms = new Set([key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)])
  return (text) => [...forms].reduce((hidden, form) => hidden.replaceAll(form, '[key]'), text)
}
