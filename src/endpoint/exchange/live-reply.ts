/** Reports a reply while its bytes arrive, for display. The effective reply is read from the complete body, see `reply-body.ts`. */
import { StringDecoder } from 'node:string_decoder'
import type { OnReplyNews } from '../../shared/reply-news.ts'
import { eventReader } from './events.ts'
import type { BodyListener } from './send.ts'
import { deltaOf, isError, ownChoice } from './streamed-reply.ts'
import { contentText, thinkingDelta } from './thinking.ts'

/** Listens to one body. Nothing is reported for a JSON body from a server that does not stream. */
export function liveReply(onNews: OnReplyNews): BodyListener {
  const decoder = new StringDecoder('utf8')
  let isStream: boolean | undefined
  let state: ReturnType<BodyListener> = 'waiting'

  const events = eventReader((event) => {
    if (state === 'done') return
    if (event === 'done' || isError(event)) {
      state = 'done'
      return
    }
    const piece = ownChoice(event)
    if (piece === undefined) return
    const delta = deltaOf(piece)
    const [thinking, text] = [thinkingDelta(delta), contentText(delta.content)]
    if (thinking !== '') onNews({ kind: 'thinking', text: thinking })
    if (text !== '') onNews({ kind: 'text', text })
    if (thinking !== '' || text !== '' || delta.tool_calls !== undefined) state = 'writing'
  })

  return (chunk) => {
    const text = decoder.write(chunk)
    // All event fields start with one of these letters, and JSON with none of them.
    isStream ??= /[^\ufeff\s]/.test(text) ? /^[\ufeff\s]*[:deir]/.test(text) : undefined
    if (isStream === true) events.push(text)
    return state
  }
}
