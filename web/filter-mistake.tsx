/** A filter that cannot be read: the place of the mistake is marked, with what was expected there. */
import type { ComponentChildren } from 'preact'
import type { FilterProblem } from '../src/protocol/filter/lex.ts'

interface Props {
  readonly id: string
  readonly text: string
  readonly problem: FilterProblem
  /** What holds until it is mended. */
  readonly children: ComponentChildren
}

/** Characters shown before and behind the place. */
const around = 30

export function FilterMistake({ id, text, problem: { at, length, message }, children }: Props) {
  return (
    <p class="problem" id={id} role="status">
      <code>
        {text.slice(Math.max(0, at - around), at)}
        <mark>{text.slice(at, at + length) || ' '}</mark>
        {text.slice(at + length, at + length + around)}
      </code>{' '}
      {message} {children}
    </p>
  )
}
