/**
 * Splits the input of `mini-o3 mcp` into messages, one per line. A message that is too long is skipped and refused with its id; the SDK's
 * own reader would end the connection, and with it the server.
 */
import { Transform } from 'node:stream'
import { parseJson } from '../../shared/json.ts'
import { itemAt } from '../../shared/known.ts'

/** Fits the largest picture in base64. */
const mostBytes = 96 * 1024 ** 2
/** Bytes kept from the start and the end of an overlong message, where clients write its id. */
const keptBytes = 1024
const newline = 10

export interface JsonRpcRefusal {
  readonly jsonrpc: '2.0'
  readonly id: string | number | null
  readonly error: { readonly code: number; readonly message: string }
}

/** Emits complete lines of at most `limit` bytes, each as one chunk. */
export function messageLines(refuse: (refusal: JsonRpcRefusal) => void, limit: number = mostBytes): Transform {
  let line: Buffer[] = []
  let bytes = 0
  let head: Buffer = Buffer.alloc(0)
  let tail: Buffer = Buffer.alloc(0)

  function add(part: Buffer): void {
    bytes += part.length
    if (bytes <= limit) line.push(part)
    else {
      if (head.length === 0) head = firstBytes([...line, part])
      tail = Buffer.concat([tail.length === 0 ? (line.at(-1) ?? tail) : tail, part]).subarray(-keptBytes)
      line = []
    }
  }

  function whole(): Buffer | undefined {
    const [all, long] = [line, bytes > limit]
    const text = long ? [head.toString('utf8'), tail.toString('utf8')] : []
    line = []
    bytes = 0
    head = tail = Buffer.alloc(0)
    if (!long) return Buffer.concat(all)
    const message = `The message is longer than ${limit} bytes. Send a smaller picture, or the path of a file.`
    refuse({ jsonrpc: '2.0', id: idOf(itemAt(text, 0), itemAt(text, 1)), error: { code: -32_600, message } })
    return undefined
  }

  return new Transform({
    transform(chunk: Buffer, _, done) {
      let rest = chunk
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
        add(rest.subarray(0, end + 1))
        const message = whole()
        if (message !== undefined) this.push(message)
        rest = rest.subarray(end + 1)
      }
      if (rest.length > 0) add(rest)
      done()
    },
  })
}

function firstBytes(parts: readonly Buffer[]): Buffer {
  const some: Buffer[] = []
  let bytes = 0
  for (const part of parts) {
    if (bytes >= keptBytes) break
    some.push(part.subarray(0, keptBytes - bytes))
    bytes += part.length
  }
  return Buffer.concat(some)
}

const string = String.raw`"(?:[^"\\]|\\.)*"`
const scalar = String.raw`(?:${string}|[^\s"{}[\],:]+)`
const field = String.raw`${string}\s*:\s*${scalar}`
const id = String.raw`"id"\s*:\s*(${string}|-?\d+)`
/** Matches `id` among the first or last fields of the message itself, since nested objects may have an `id` too. */
const idAtStart = new RegExp(String.raw`^\s*{\s*(?:${field}\s*,\s*)*?${id}\s*[,}]`)
const idAtEnd = new RegExp(String.raw`,\s*${id}(?:\s*,\s*${field})*\s*}\s*$`)

/** The id of a message, from a kilobyte of its start and of its end; null if they do not show it. */
export function idOf(start: string, end: string): string | number | null {
  const found = idAtStart.exec(start)?.[1] ?? idAtEnd.exec(end)?.[1]
  if (found === undefined) return null
  try {
    const id = parseJson(found)
    return typeof id === 'string' || typeof id === 'number' ? id : null
  } catch {
    return null
  }
}
