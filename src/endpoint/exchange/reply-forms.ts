/** Determines the form in which a server accepts its own replies, from its refusals. Pure. */
import type { Refusal } from '../refusal/refusal.ts'
import { itemAt } from '../../shared/known.ts'
import type { EncodedMessage } from './encode-message.ts'
import { extraFields } from './encode-reply.ts'
import type { ReplyForms } from './encode-reply.ts'
import { contentText } from './thinking.ts'

const roleOrder =
  /roles? must|alternat|unexpected role|invalid_request_message_order|(?:role|message)[^.]{0,60}\b(?:after|follow(?:ed|s)?|order)\b/i
const isMissing =
  /missing|required|must (?:have|include|contain|come)|must be (?:passed|provided|present|set|kept|preserved|returned|sent)|must not be (?:empty|null)/i
const unknownField =
  /extra inputs|extra_forbidden|additional propert|unknown (?:name|field|propert|argument|key)|unrecogni[sz]ed/i
const unwantedContent =
  /non-?empty|\bempty\b|null|\bnone\b|nonetype|must be (?:a |of type )?string|valid string|string_type|missing|required|expected (?:a )?string/i

/** Replaces an empty content for servers that accept neither null nor an empty text. */
const spoken = 'I look closer.'

/** The form to try next; undefined if the refusal is about something else, or all forms were tried. */
export function nextForms(
  { status, message, code, param }: Refusal,
  forms: ReplyForms,
  messages: readonly EncodedMessage[],
): ReplyForms | undefined {
  if (status !== 400 && status !== 422 && status !== 500) return undefined
  const said = `${message} ${code} ${param}`
  const behindResult = messages.some(({ role }, at) => role === 'user' && messages[at - 1]?.role === 'tool')
  if (behindResult && !forms.bridged && roleOrder.test(said)) return { ...forms, bridged: true }

  const replies = messages.map(({ reply }) => reply).filter((reply) => reply !== undefined)
  const extras = replies.flatMap(extraFields)
  const named = extras.some((name) => name !== 'index' && said.includes(name)) && !isMissing.test(said)
  const meant = extras.length > 0 && unknownField.test(said) && /messages|tool_calls/.test(said)
  // A server that sends arguments as an object may accept them only as text.
  const objects = replies.some(({ tool_calls: calls }) => JSON.stringify(calls ?? []).includes('"arguments":{'))
  const wantsText = objects && /arguments/.test(said) && unwantedContent.test(said)
  if (!forms.bare && (named || meant || wantsText)) return { ...forms, bare: true }

  const empty = replies.find(({ content }) => contentText(content).trim() === '')
  if (empty === undefined || !/content/i.test(said) || !unwantedContent.test(said)) return undefined
  const order = empty.content === null ? [null, '', spoken] : ['', null, spoken]
  const sent = forms.emptyContent === undefined ? itemAt(order, 0) : forms.emptyContent
  const next = order[order.indexOf(sent) + 1]
  return next === undefined ? undefined : { ...forms, emptyContent: next }
}
