/** The small model's reading of a prompt: one view, and the text behind it. */
import type { Pixels } from '../../vision/picture.ts'
import type { Prompt } from '../engine.ts'

export interface ViewAndText {
  readonly view: Pixels
  readonly tokens: readonly number[]
}

/** Throws `RangeError` for a prompt of another form. */
export function viewAndText(prompt: Prompt): ViewAndText {
  const [first, second, ...more] = prompt
  if (first?.kind === 'view' && second?.kind === 'text' && more.length === 0) {
    return { view: first.view, tokens: second.tokens }
  }
  throw new RangeError(
    `a prompt of ${prompt.map(({ kind }) => kind).join(', ')}; the small model reads a view, then text`,
  )
}

/** The prompt of a view and the text behind it. */
export function promptOf(view: Pixels, tokens: readonly number[]): Prompt {
  return [
    { kind: 'view', view },
    { kind: 'text', tokens },
  ]
}
