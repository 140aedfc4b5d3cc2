/**
 * One conversation twice, in tokens: as a policy is asked here, every turn appended to what was there, and as the model's own chat
 * template renders all of it again.
 */
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import type { TemplateMessage, TemplatePart } from '../../model/renderer/chat-template.ts'
import { functionsOf } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { defined, itemAt } from '../../shared/known.ts'
import { resultText, textsAround } from '../chat/chat-messages.ts'
import { viewsOf } from '../policy.ts'
import type { Message } from '../policy.ts'
import { openConversation, type ShownPictures } from './conversation.ts'
import { storedTurn, turnParts } from './stored-turn.ts'
import { type Difference, type Span, tokenDifferences } from './token-differences.ts'

/** What a policy is told, and the turn that it takes then. */
export interface CheckedTurn {
  readonly message: Message
  /** As a trajectory has it; absent: the policy is about to speak. */
  readonly text?: string
  /** As they were sampled, without the end mark; absent: as training writes a stored turn. */
  readonly tokens?: readonly number[]
}

export interface TemplateCheck {
  /** Of the last prompt, a picture counting as one. */
  readonly tokens: number
  readonly differences: readonly Difference[]
}

/** The last exchange has no text. Throws what the template raises. */
export async function checkTemplate(
  model: ChatModel,
  profile: Pick<Profile, 'dialect' | 'tools'>,
  exchanges: readonly CheckedTurn[],
  shown: ShownPictures,
): Promise<TemplateCheck> {
  const tools = functionsOf(profile)
  const { tokenizer } = model
  const begun = tokenizer.encodeMarked(model.layout(tools).begun).length
  const [pad] = tokenizer.encodeMarked(model.family.pad)
  const conversation = openConversation(model, tools, shown)
  const ours: number[] = []
  const spans: Span[] = []
  const add = (kind: Span['kind'], tokens: readonly number[], from: number): void => {
    ours.push(...tokens)
    spans.push({ kind, from, to: ours.length })
  }
  let told = 0
  for (const { message, text, tokens } of exchanges) {
    await conversation.tell(message)
    const prompt = conversation.prompt()
    add(
      'told',
      prompt.slice(told).flatMap((chunk) => (chunk.kind === 'text' ? chunk.tokens : [defined(pad, 'its token')])),
      ours.length,
    )
    if (text === undefined) break
    const reply = [...(tokens ?? tokenizer.encode(storedTurn(text, model, tools))), model.end]
    const before = spans.pop()
    if (before) spans.push({ ...before, to: before.to - begun })
    add('turn', reply, ours.length - begun)
    conversation.reply(reply)
    told = conversation.prompt().length
  }
  const messages = exchanges.flatMap(({ message, text }) => [
    ...messagesOf(message, tools !== undefined),
    ...(text === undefined ? [] : [replied(text, model, tools)]),
  ])
  const theirs = tokenizer.encodeMarked(model.template(messages, { tools, replies: true }))
  return { tokens: ours.length, differences: tokenDifferences({ ours, spans }, theirs, model, tools) }
}

/** As chat clients send it. */
function messagesOf(message: Message, calls: boolean): TemplateMessage[] {
  const pictures = viewsOf(message).map((): TemplatePart => ({ type: 'image' }))
  if (calls && message.kind !== 'question') {
    const result = { role: 'tool', content: resultText(message.text) } as const
    return pictures.length === 0 ? [result] : [result, { role: 'user', content: pictures }]
  }
  const texts = textsAround(message.text, pictures.length).map((text): TemplatePart => ({ type: 'text', text }))
  const content = texts.flatMap((text, index) => (index < pictures.length ? [text, itemAt(pictures, index)] : [text]))
  const asked = { role: 'user', content } as const
  const system = message.kind === 'question' ? message.system : ''
  return system === '' ? [asked] : [{ role: 'system', content: system }, asked]
}

/** With thoughts and calls apart where the template has a place for them. */
function replied(text: string, model: ChatModel, tools: readonly object[] | undefined): TemplateMessage {
  const { opening, thought, said, call } = turnParts(text, tools)
  const apart = model.layout(tools).thought !== undefined && thought !== undefined
  return {
    role: 'assistant',
    content: apart ? said : opening + said,
    ...(apart && { reasoning_content: thought }),
    ...(call && { tool_calls: [{ function: { name: call.name, arguments: call.values } }] }),
  }
}
