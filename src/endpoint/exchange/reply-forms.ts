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
const callIds = /tool[ _]?call[ _]?ids?\b[^]{0,200}(?:length|alphanumeric|a-z|\b9\b)/i
/** The name of a field, unlike the word "thinking". */
const thinkingWanted = /\b(?:reasoning|thinking|thought)_(?:content|text|details)\b/
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
  if (![400, 404, 422, 500].includes(status)) return undefined
  const said = `${message} ${code} ${param}`
  const behindResult = messages.some(({ role }, at) => role === 'user' && messages[at - 1]?.role === 'tool')
  if (behindResult && !forms.bridged && roleOrder.test(said)) return { ...forms, bridged: true }

  if (!forms.shortIds && callIds.test(said) && messages.some(({ role }) => role === 'tool'))
    return { ...forms, shortIds: true }

  const replies = messages.map(({ reply }) => reply).filter((reply) => reply !== undefined)
  const thinkingIn = isMissing.test(said) ? thinkingWanted.exec(said)?.[0] : undefined
  if (thinkingIn !== undefined && thinkingIn !== forms.thinkingIn && replies.length > 0) return { ...forms, thinkingIn }

  const extras = [...new Set(replies.flatMap(extraFields))].filter((name) => !forms.without.includes(name))
  const named = isMissing.test(said) ? [] : extras.filter((name) => isNamed(name, said))
  if (!forms.bare && named.length > 0) return { ...forms, without: [...forms.without, ...named] }
  const meant = extras.length > 0 && unknownField.test(said) && /messages|tool_calls/.test(said)
  // A server that sends arguments as an object, or the content as parts, may accept them only as text.
  const objects = replies.some(({ tool_calls: calls }) => JSON.stringify(calls ?? []).includes('"arguments":{'))
  const parts = replies.some(({ content }) => Array.isArray(content))
  const wantsText = (objects && /arguments/.test(said)) || (parts && /content/i.test(said))
  if (!forms.bare && (meant || (wantsText && unwantedContent.test(said)))) return { ...forms, bare: true }

  const empty = replies.find(({ content }) => contentText(content).trim() === '')
  if (empty === undefined || !/content/i.test(said) || !unwantedContent.test(said)) return undefined
  const order = empty.content === null ? [null, '', spoken] : ['', null, spoken]
  const sent = forms.emptyContent === undefined ? itemAt(order, 0) : forms.emptyContent
  const next = order[order.indexOf(sent) + 1]
  return next === undefined ? undefined : { ...forms, emptyContent: next }
}

/** "Index" is also a word of messages about anything in a list. */
function isNamed(name: string, said: string): boolean {
  return name === 'index' ? /['"`.]index\b/.test(said) : said.split(/[^\w-]+/).includes(name)
}
