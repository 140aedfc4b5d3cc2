/** Parses the body of a reply, JSON or event stream, into one completion. Pure. */
import { TransportError } from '../../shared/errors.ts'
import { pythonJsonOrUndefined } from '../../shared/json.ts'
import { eventReader, isEventStream } from './events.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { streamedReply } from './streamed-reply.ts'

/** Throws `TransportError` for any other body. */
export function readBody(text: string): Fields {
  const body = fieldsOf(pythonJsonOrUndefined(text)) ?? (isEventStream(text) ? streamed(text) : undefined)
  if (body !== undefined) return body
  throw new TransportError('reply-unreadable', 'The body is not a completion.')
}

function streamed(text: string): Fields | undefined {
  const reply = streamedReply()
  const events = eventReader(reply.add)
  events.push(text)
  events.end()
  return reply.body()
}
