/** Rows of `test/conformance/official` and the player that holds a search of ours against one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Prompt } from '../src/engine/engine.ts'
import { type ChatModel, chatModel } from '../src/model/renderer/chat-model.ts'
import { openConversation, shownPictures } from '../src/policy/sampler/conversation.ts'
import { userMessage } from '../src/policy/chat/chat-messages.ts'
import type { Message, Policy, Reply } from '../src/policy/policy.ts'
import { profiles, type Profile } from '../src/protocol/profile.ts'
import type { Prompts } from '../src/protocol/prompts.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import { searchToEnd } from '../src/search/search-many.ts'
import { sha256 } from '../src/shared/canonical.ts'
import type { Picture } from '../src/vision/picture.ts'
import { ids, qwenFiles } from './qwen-files.ts'

export interface Script {
  readonly text: string
  readonly finish?: 'stop' | 'length'
  /** The engine does not halt at the stop string. */
  readonly unhalted?: boolean
  /** End-of-text tokens behind the text, which decode to nothing. */
  readonly more?: number
}

export interface SearchRow {
  readonly class: string
  readonly picture: readonly [width: number, height: number]
  readonly question: string
  readonly maxTurns?: number
  readonly maxImages?: number
  readonly replies: readonly Script[]
  readonly end: string
  readonly turns: number
  readonly boxes: readonly (readonly number[])[]
  readonly firstView: readonly number[]
  readonly views: readonly (readonly number[])[]
  readonly errors: readonly (string | null)[]
  readonly answer: string | null
  readonly promptTokens: readonly number[]
  readonly replyTokens: readonly number[]
  readonly masked: boolean
  /** The beginning of the SHA-256 of the token ids of each prompt. */
  readonly prompts?: readonly string[]
}

/** The words that stood in the places of the released ones when the rows were made. */
const rowPrompts: Prompts = {
  system: 'Look closely, then answer.',
  question: '<image>\n{question}',
  observation: 'Action {action} gave observation {observation}:\n<image>.\nGo on.',
  error: 'ERROR occurs during grounding. Error Information: {error}.\nThink again.',
}

/** One token a byte. */
export const byteModel = chatModel(qwenFiles())

export function officialRows<Row>(name: string): Row[] {
  const path = join(import.meta.dirname, 'conformance/official', `${name}.jsonl`)
  return rowsOf<Row>(readFileSync(path, 'utf8'))
}

export function rowsOf<Row>(lines: string): Row[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

export function blankPicture([width, height]: SearchRow['picture']): Picture {
  return {
    width,
    height,
    sha256: '0'.repeat(64),
    region: async (_, size) => ({ ...size, data: new Uint8Array(3 * size.width * size.height) }),
  }
}

export function rowProfile(
  { maxTurns = 12, maxImages = 12 }: Pick<SearchRow, 'maxTurns' | 'maxImages'>,
  prompts = rowPrompts,
): Profile {
  return { ...profiles.official, prompts, maxTurns, maxImages }
}

const stop = '</grounding>'

/** A scripted reply as the engine gives it: halted behind the stop string, with the end mark where the model wrote one. */
export function said(
  script: Script,
  { tokenizer, end: endToken }: ChatModel,
): { readonly reply: Omit<Reply, 'usage'>; readonly tokens: number[] } {
  const at = script.text.indexOf(stop)
  const halted = at >= 0 && script.unhalted !== true
  const text = halted ? script.text.slice(0, at + stop.length) : script.text
  const finish = halted ? 'stop' : (script.finish ?? 'stop')
  const more = Array.from({ length: script.more ?? 0 }, () => ids.endOfText)
  const end = finish === 'stop' && !text.endsWith(stop) ? [endToken] : []
  return { reply: { text, finish }, tokens: [...tokenizer.encode(text), ...more, ...end] }
}

/** All tokens of a prompt, a picture as so many pads. */
function tokensOf(prompt: Prompt): number[] {
  return prompt.flatMap((chunk) => {
    if (chunk.kind === 'text') return chunk.tokens
    if (chunk.kind === 'image') return Array.from({ length: chunk.tokens }, () => ids.imagePad)
    throw new Error('a view in a prompt of a vision-language model')
  })
}

function shortHash(tokens: readonly number[]): string {
  return sha256(JSON.stringify(tokens)).slice(0, 16)
}

const image = { type: 'image', bytes: new Uint8Array(), mime: 'image/png', sha256: '' } as const

/** What the chat template of Qwen2.5-VL makes of a message that a chat endpoint is sent, up to where the policy speaks. */
function templated(message: Message, imageTokens: number, { tokenizer: { encode } }: ChatModel): number[] {
  const { content } = userMessage(message.text, message.kind === 'error' ? [] : [image])
  const parts = typeof content === 'string' ? [{ type: 'text', text: content } as const] : (content ?? [])
  const said = parts.flatMap((part) =>
    part.type === 'text'
      ? encode(part.text)
      : [ids.visionStart, ...Array.from({ length: imageTokens }, () => ids.imagePad), ids.visionEnd],
  )
  const before = message.kind === 'question' ? [ids.start, ...encode(`system\n${message.system}`)] : []
  const user = [ids.end, ...encode('\n'), ids.start, ...encode('user\n'), ...said]
  return [...before, ...user, ids.end, ...encode('\n'), ids.start, ...encode('assistant\n')]
}

export interface Played {
  readonly trajectory: Trajectory
  readonly prompts: readonly string[]
  /** The same over a chat endpoint, which is sent text; but for what decodes to nothing. */
  readonly chatPrompts: readonly string[]
}

/** Plays a row through the search loop. The tokens of prompts are written out where the row has them, else their counts are taken. */
export async function playRow(row: SearchRow, profile: Profile, model: ChatModel = byteModel): Promise<Played> {
  const prompts: string[] = []
  const chatPrompts: string[] = []
  const policy: Policy = {
    name: 'scripted',
    open: () => {
      const conversation = openConversation(model, undefined, shownPictures())
      const chat: number[] = []
      const cost = async (message: Message, turn: number) => {
        if (row.prompts === undefined) return { promptTokens: row.promptTokens[turn - 1]!, imageTokens: 0 }
        const told = await conversation.tell(message)
        chat.push(...templated(message, told.imageTokens, model))
        if (turn <= row.turns) prompts.push(shortHash(tokensOf(conversation.prompt())))
        if (turn <= row.turns) chatPrompts.push(shortHash(chat))
        return told
      }
      return {
        async take(message, { turn }) {
          const { reply, tokens } = said(row.replies[Math.min(turn, row.replies.length) - 1]!, model)
          const told = await cost(message, turn)
          conversation.reply(tokens)
          chat.push(...model.tokenizer.encode(reply.text))
          return { ...reply, usage: { ...told, replyTokens: tokens.length } }
        },
        close: () => {},
      }
    },
  }
  const problem = { docId: 'p', dataSource: 'test', question: row.question, answer: 'red' }
  const { trajectory } = await searchToEnd({ picture: blankPicture(row.picture), problem }, policy, { profile })
  return { trajectory, prompts, chatPrompts }
}
