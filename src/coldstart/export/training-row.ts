/** One example of a training set, whatever it comes from and whatever it is written as. Pure. */
export const imageMark = '<image>'

export interface TrainingImage {
  /** An encoded file, JPEG or PNG. */
  readonly bytes: Uint8Array
  /** As a turn would name it, with its extension: `original_image.png` (of several `original_image_1.png`), `observation_1.png`. */
  readonly name: string
}

export interface ChatText {
  readonly role: 'user' | 'assistant'
  /** `<image>` marks where a picture stands: trainers put the pictures in these places, in order. */
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
  /** The right one, where it is known. */
  readonly answer?: string | undefined
}

type Part = { readonly type: 'image' } | { readonly type: 'text'; readonly text: string }

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
