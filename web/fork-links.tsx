/** Where a search and its forks are, each linking to the other. */
import type { ForkDeparture, ForkOrigin, ForkRequest } from '../src/server/api/fork-types.ts'
import type { Parent } from '../src/protocol/trajectory.ts'
import { href } from './route.ts'
import { clock } from './text.ts'

/** The page of a search that was forked. */
export function pageOf(origin: ForkRequest['origin'], settings: Readonly<Record<string, number>> = {}): string {
  if ('run' in origin) return href(['run', origin.run, origin.index], settings)
  return href(['ask', origin.ask], { ...(origin.sample > 0 && { sample: origin.sample }), ...settings })
}

/** The same for its trajectory as JSON. */
export function trajectoryPath(origin: ForkRequest['origin']): string {
  return 'run' in origin
    ? `api/runs/${encodeURIComponent(origin.run)}/items/${origin.index}`
    : `api/asks/${encodeURIComponent(origin.ask)}/trajectory?sample=${origin.sample}`
}

const changeWords = {
  box: 'another box',
  thought: 'another thought',
  policy: 'another policy',
  profile: 'another profile',
  seed: 'another seed',
} as const satisfies Record<Parent['changed'][number], string>

/** For example `turn 4: another box, another seed`. */
function departureWords({ turn, changed }: Pick<Parent, 'turn' | 'changed'>): string {
  return `turn ${turn}: ${changed.map((change) => changeWords[change]).join(', ')}`
}

interface ParentProps {
  /** Undefined if that search is not here. */
  readonly origin: ForkOrigin | undefined
  readonly parent: Parent | undefined
}

export function ParentLink({ origin, parent }: ParentProps) {
  if (origin === undefined) {
    if (parent === undefined) return null
    const where = parent.run === undefined ? '' : ` of ${parent.run}`
    return (
      <p class="crumbs">
        Fork of search {parent.sampleIndex + 1} of this problem{where}, which is not here, at {departureWords(parent)}
      </p>
    )
  }
  return (
    <p class="crumbs">
      Fork of <a href={pageOf(origin, { turn: origin.turn })}>a search</a> at{' '}
      {parent ? departureWords(parent) : `turn ${origin.turn}`}
    </p>
  )
}

export interface ForkRow extends ForkDeparture {
  readonly href: string
  /** Among the forks of its search, or of its problem. */
  readonly number: number
  /** Its answer, or its state. */
  readonly outcome: string
}

export function ForkList({ forks }: { readonly forks: readonly ForkRow[] }) {
  if (forks.length === 0) return null
  return (
    <div class="crumbs forks">
      {forks.length === 1 ? 'Fork' : `${forks.length} forks`}
      <ul>
        {forks.map(({ href: page, number, outcome, startedMs, ...departure }) => (
          <li key={page}>
            <a href={page}>
              fork {number} at {departureWords(departure)}
              {startedMs !== undefined && `, ${clock(startedMs)}`} <span dir="auto">({outcome})</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}
