/**
 * Passes on the lines on the input of `mini-o3 mcp` that are messages of JSON-RPC, a batch as its messages, and refuses every other line: the
 * SDK's own reader would drop it, and the client would wait for an answer.
 */
import { Transform } from 'node:stream'
import { JSONRPCMessageSchema, RequestIdSchema } from '@modelcontextprotocol/sdk/types.js'
import { fieldsOf } from '../../shared/fields.ts'
import { parseJson } from '../../shared/json.ts'
import { idOf } from './message-lines.ts'
import type { JsonRpcRefusal } from './message-lines.ts'

/** Characters of a broken line, from its start and its end, in which its id is looked for. */
const idWithin = 1024

/** Reads complete lines, each as one chunk, and emits complete messages, each as one line. */
export function checkedMessages(refuse: (refusal: JsonRpcRefusal) => void): Transform {
  return new Transform({
    transform(line: Buffer, _, done) {
      for (const message of messagesIn(line.toString('utf8'))) {
        if ('error' in message) refuse(message)
        else this.push(`${JSON.stringify(message.value)}\n`)
      }
      done()
    },
  })
}

function messagesIn(line: string): ({ readonly value: unknown } | JsonRpcRefusal)[] {
  if (line.trim() === '') return []
  let value: unknown
  try {
    value = parseJson(line)
  } catch {
    const id = idOf(line.slice(0, idWithin), line.slice(-idWithin))
    return [refusal(-32_700, 'The line is not JSON, or nests too deeply. Send one message per line.', id)]
  }
  if (!Array.isArray(value)) return [checked(value)]
  return value.length === 0 ? [refusal(-32_600, 'The batch is empty.', null)] : value.map(checked)
}

function checked(value: unknown): { readonly value: unknown } | JsonRpcRefusal {
  if (JSONRPCMessageSchema.safeParse(value).success) return { value }
  const { id, method } = fieldsOf(value) ?? {}
  // The id of an answer is one of the server's own.
  const asked = method === undefined ? undefined : RequestIdSchema.safeParse(id).data
  return refusal(-32_600, 'This is not a message of JSON-RPC 2.0.', asked ?? null)
}

function refusal(code: number, message: string, id: JsonRpcRefusal['id']): JsonRpcRefusal {
  return { jsonrpc: '2.0', id, error: { code, message } }
}
