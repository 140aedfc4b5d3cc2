/** A row of figures, each with its name: the head of a run, or of two. */
import type { ComponentChildren } from 'preact'

export interface Fact {
  readonly title: string
  readonly text: ComponentChildren
  /** Smaller, behind it. */
  readonly more?: string
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="scores">
      {facts.map(({ title, text, more }) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>
            {text}
            {more !== undefined && <small> {more}</small>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** `73.4`, of 0.734. */
export function percent(share: number): string {
  return (share * 100).toFixed(1)
}

export function Problem({ message }: { readonly message: string | undefined }) {
  if (message === undefined) return null
  return (
    <p class="problem" role="alert">
      {message}
    </p>
  )
}
