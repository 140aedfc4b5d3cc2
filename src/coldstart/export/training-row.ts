/** One example of a training set, independent of source and format. Pure. */
export const imageMark = '<image>'

export interface TrainingImage {
  /** The encoded JPEG or PNG file. */
  readonly bytes: Uint8Array
  /** Its name in calls with an extension: `original_image.png` (`original_image_1.png` if there are several), `observation_1.png`. */
  readonly name: string
}

export interface ChatText {
  readonly role: 'user' | 'assistant'
  /** `<image>` marks the position of a picture; trainers insert the pictures in order. */
  readonly text: string
}

export interface TrainingRow {
  /** Its name in messages. */
  readonly name: string
  readonly dataSource: string
  /** Index of the problem in its set, from 0. */
  readonly sampleIndex: number
  /** Index of the search of that problem, from 0. */
  readonly rolloutIndex: number
  /** Empty if there is none. */
  readonly system: string
  readonly messages: readonly ChatText[]
  /** In the order of their marks. */
  readonly images: readonly TrainingImage[]
  /** The right answer, if known. */
  readonly answer?: string | undefined
  /** Further answers that are right too. */
  readonly alternatives?: readonly string[]
  /** One of its turns was written by hand. */
  readonly byHand?: true
}

type Part = { readonly type: 'image' } | { readonly type: 'text'; readonly text: string }

export interface TypedMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: readonly Part[]
}

/** The conversation including the system prompt, with texts split into parts at the picture marks. */
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
