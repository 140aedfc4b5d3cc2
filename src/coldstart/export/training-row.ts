/** One example of a training set, whatever it comes from and whatever it is written as. Pure. */
import { MiniO3Error } from '../../shared/errors.ts'

export const imageMark = '<image>'

export interface TrainingImage {
  /** An encoded file, JPEG or PNG. */
  readonly bytes: Uint8Array
  /** As a turn would name it, with its extension: `original_image.png`, `observation_1.png`. */
  readonly name: string
}

export interface ChatText {
  readonly role: 'user' | 'assistant'
  /** `<image>` marks where a picture stands. */
  readonly text: string
}

export interface TrainingRow {
  /** How messages call it. */
  readonly name: string
  readonly dataSource: string
  /** The problem's place in its set, from 0. */
  readonly sampleIndex: number
  /** Which of several searches for that problem, from 0. */
  readonly rolloutIndex: number
  /** Empty: none. */
  readonly system: string
  readonly messages: readonly ChatText[]
  /** In the order of their marks. */
  readonly images: readonly TrainingImage[]
}

/**
 * Trainers put pictures in the places of the marks, so there have to be as many of one as of the other. A question or a reply
 * that holds the characters of a mark is refused, not escaped: an example says what was said, or it is none.
 */
export function checkMarks({ name, system, messages, images }: TrainingRow): void {
  const marks = countMarks(system) + messages.reduce((sum, { text }) => sum + countMarks(text), 0)
  if (marks === images.length) return
  throw new MiniO3Error(
    'export-image-marks',
    `${name} has ${marks} ${imageMark} marks for ${images.length} pictures: its question or one of its replies holds ` +
      `"${imageMark}" as text. Delete that search from what is exported.`,
  )
}

function countMarks(text: string): number {
  return text.split(imageMark).length - 1
}

export type Part = { readonly type: 'image' } | { readonly type: 'text'; readonly text: string }

export interface TypedMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: readonly Part[]
}

/** The conversation with the system prompt in front, each text as its parts before, at and behind the marks. */
export function typedMessages({ system, messages }: TrainingRow): TypedMessage[] {
  const texts = [...(system === '' ? [] : [{ role: 'system', text: system } as const]), ...messages]
  return texts.map(({ role, text }) => ({ role, content: parts(text) }))
}

function parts(text: string): Part[] {
  return text
    .split(imageMark)
    .flatMap((piece, index): Part[] => [
      ...(index > 0 ? [{ type: 'image' } as const] : []),
      ...(piece === '' ? [] : [{ type: 'text', text: piece } as const]),
    ])
}
