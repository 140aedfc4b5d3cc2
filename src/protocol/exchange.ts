/**
 * The requests and replies of a search as they went over the wire, for inspection: of each request only the messages that the one
 * before did not have, pictures by hash, replies within bounds, and nothing secret. Pure.
 */
import { z } from 'zod'
import { parseJson } from '../shared/json.ts'
import { itemAt } from '../shared/known.ts'

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/)

const exchangeSchema = z
  .strictObject({
    turn: z.int().positive(),
    from: z.int().nonnegative().describe('messages before this one are those of the exchange before'),
    messages: z.array(z.unknown()).readonly().describe('the others; a picture is `sha256:<hash>` in place of its data'),
    fields: z
      .record(z.string(), z.unknown())
      .readonly()
      .exactOptional()
      .describe('of the request besides its messages; absent: as in the exchange before'),
    pictures: z
      .array(z.strictObject({ sha256: hashSchema, mime: z.string(), bytes: z.int().nonnegative() }).readonly())
      .readonly()
      .exactOptional()
      .describe('of the messages that are listed'),
    status: z.int().exactOptional().describe('absent if there was no response'),
    headers: z.record(z.string(), z.string()).readonly().exactOptional(),
    body: z.string().exactOptional(),
    streamed: z.literal(true).exactOptional().describe('`body` is what its events add up to'),
    cutBy: z.int().positive().exactOptional().describe('characters of the body that are left out'),
    error: z.string().exactOptional().describe('why there is no complete response'),
  })
  .readonly()
export type StoredExchange = z.infer<typeof exchangeSchema>

export const exchangesSchema = z
  .strictObject({
    search: z.string().describe('which search, see `exchangesKey`'),
    url: z.string().regex(/^https?:\/\//),
    keyEnv: z.string().exactOptional().describe('the variable with the API key, which is not stored'),
    exchanges: z.array(exchangeSchema).readonly(),
    leftOut: z.int().positive().exactOptional().describe('exchanges beyond the bounds'),
  })
  .readonly()
export type StoredExchanges = z.infer<typeof exchangesSchema>
export type SearchExchanges = Omit<StoredExchanges, 'search'>

/** One request and what came of it, from the endpoint. */
export interface SentExchange extends Omit<StoredExchange, 'turn' | 'from' | 'messages' | 'fields' | 'cutBy'> {
  readonly url: string
  readonly keyEnv?: string | undefined
  /** All messages of the request as JSON texts. */
  readonly messages: readonly string[]
  readonly fields: Readonly<Record<string, unknown>>
}

export interface ExchangeRecorder {
  add(turn: number, sent: SentExchange): void
  /** Undefined without a request. */
  recorded(): SearchExchanges | undefined
}

const longestBody = 64 * 1024
/** Characters of all that is recorded of a search. */
const mostCharacters = 2 * 1024 ** 2

export function exchangeRecorder(): ExchangeRecorder {
  const exchanges: StoredExchange[] = []
  let server: Pick<SearchExchanges, 'url' | 'keyEnv'> | undefined
  let before: readonly string[] = []
  let fieldsBefore = ''
  let characters = 0
  let leftOut = 0
  return {
    add(turn, { url, keyEnv, messages, fields, pictures = [], body, ...reply }) {
      server ??= { url, ...(keyEnv !== undefined && { keyEnv }) }
      const from = commonLength(before, messages)
      const texts = messages.slice(from)
      const fieldsText = JSON.stringify(fields)
      const shown = body?.slice(0, longestBody)
      const size = [...texts, fieldsText, shown ?? ''].reduce((sum, { length }) => sum + length, 0)
      // Later exchanges are told by what those before them have, so none follows one that is left out.
      if (leftOut > 0 || characters + size > mostCharacters) return void leftOut++
      characters += size
      const own = pictures.filter(({ sha256 }) => texts.some((text) => text.includes(sha256)))
      exchanges.push({
        turn,
        from,
        messages: texts.map(valueOf),
        ...(fieldsText !== fieldsBefore && { fields }),
        ...(own.length > 0 && { pictures: own }),
        ...reply,
        ...(shown !== undefined && { body: shown }),
        ...(body !== undefined && body.length > longestBody && { cutBy: body.length - longestBody }),
      })
      before = messages
      fieldsBefore = fieldsText
    },
    recorded: () => server && { ...server, exchanges, ...(leftOut > 0 && { leftOut }) },
  }
}

/** The text itself if it is no JSON, for example since a part of it was hidden. */
function valueOf(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const differing = b.findIndex((text, index) => text !== a[index])
  return differing < 0 ? b.length : differing
}

/** A request as it was sent: all of its messages, and the other fields. */
export interface WholeRequest {
  readonly messages: readonly unknown[]
  readonly fields: Readonly<Record<string, unknown>>
  readonly pictures: readonly NonNullable<StoredExchange['pictures']>[number][]
}

/** Request number `at` of a search. */
export function wholeRequest({ exchanges }: Pick<SearchExchanges, 'exchanges'>, at: number): WholeRequest {
  let request: WholeRequest = { messages: [], fields: {}, pictures: [] }
  for (let index = 0; index <= at; index++) {
    const { from, messages, fields = request.fields, pictures = [] } = itemAt(exchanges, index)
    request = {
      messages: [...request.messages.slice(0, from), ...messages],
      fields,
      pictures: [...request.pictures, ...pictures],
    }
  }
  return request
}

/** How a picture is named in a message that is stored. */
export function pictureMark(sha256: string): string {
  return `sha256:${sha256}`
}

/** The key of a search among the stored exchanges: a repeated search, or a fork, has its own. */
export function exchangesKey(search: {
  readonly problem: { readonly dataSource: string; readonly docId: string }
  readonly sampleIndex: number
  readonly startedMs?: number
}): string | undefined {
  const { problem, sampleIndex, startedMs } = search
  return startedMs === undefined
    ? undefined
    : JSON.stringify([problem.dataSource, problem.docId, sampleIndex, startedMs])
}
