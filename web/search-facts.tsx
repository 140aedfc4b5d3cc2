/** Facts about a search: question and result, position among its siblings, and origin. */
import { picturesOf } from '../src/protocol/originals.ts'
import type { Pace } from '../src/page/pace.ts'
import { duration, isMaskedEnd, shown } from '../src/page/step.ts'
import { money } from '../src/protocol/price.ts'
import { changedSince } from '../src/protocol/earlier-forms.ts'
import { counted } from '../src/shared/numbers.ts'
import { shownEnd, isGoing } from './shown-search.ts'
import type { SearchEntry, ShownSearch } from './shown-search.ts'

interface HeadingProps {
  readonly search: ShownSearch
  readonly pace: Pace | undefined
  /** Set if its verdict was corrected by hand: the one before. */
  readonly asJudged?: string | undefined
}

export function Heading({ search, pace, asJudged }: HeadingProps) {
  const { problem, answer, verdict, turns, end, maxTurns, ms } = search
  return (
    <header class="question">
      <h2 dir="auto">{problem.question}</h2>
      <dl aria-live="polite">
        <div class={`answer ${verdict?.kind ?? 'unjudged'}`}>
          <dt>Answer</dt>
          <dd dir="auto">
            {isGoing(search) ? '…' : shown(answer ?? '–')}
            <Mark kind={verdict?.kind} />
            {asJudged !== undefined && <small> corrected by hand, judged {asJudged}</small>}
          </dd>
        </div>
        {problem.answer !== undefined && (
          <div>
            <dt>Truth</dt>
            <dd dir="auto">{problem.answer}</dd>
          </div>
        )}
        <div>
          <dt>Turns</dt>
          <dd>
            {turns.length}
            <small> of {maxTurns}</small>
          </dd>
        </div>
        {ms !== undefined && (
          <div>
            <dt>Time</dt>
            <dd>{duration(ms)}</dd>
          </div>
        )}
        {pace && <UsedFacts pace={pace} />}
        {end !== 'answered' && (
          <div>
            <dt>End</dt>
            <dd class="words">
              {isGoing(search) ? 'searching …' : shownEnd(search)}
              {end !== undefined && isMaskedEnd(end) && <MaskedChip />}
            </dd>
          </div>
        )}
      </dl>
    </header>
  )
}

/** Tokens and cost of the whole search. */
function UsedFacts({ pace: { total } }: { readonly pace: Pace }) {
  const { tokens, cost, retries, waitedMs } = total
  return (
    <>
      {tokens.sent + tokens.written > 0 && (
        <div>
          <dt>Tokens</dt>
          <dd>
            {tokens.sent.toLocaleString('en')}
            <small> in, {tokens.written.toLocaleString('en')} out</small>
          </dd>
        </div>
      )}
      {cost !== undefined && (
        <div>
          <dt>Cost</dt>
          <dd>{money(cost)}</dd>
        </div>
      )}
      {retries > 0 && (
        <div>
          <dt>Retries</dt>
          <dd>
            {retries}
            <small> waited {duration(waitedMs)}</small>
          </dd>
        </div>
      )}
    </>
  )
}

function Mark({ kind }: { readonly kind: string | undefined }) {
  if (kind !== 'correct' && kind !== 'wrong') return null
  return (
    <span role="img" aria-label={kind}>
      {kind === 'correct' ? ' ✓' : ' ✕'}
    </span>
  )
}

interface GroupProps {
  readonly entries: readonly SearchEntry[]
  readonly at: number
  readonly onAt: (at: number) => void
}

export function GroupBar({ entries, at, onAt }: GroupProps) {
  return (
    <div class="group" role="group" aria-label="Searches for this problem">
      {entries.map(({ search, name, advantage, notes }, index) => (
        <button
          key={index}
          type="button"
          class={search.verdict?.kind ?? 'unjudged'}
          aria-pressed={index === at}
          onClick={() => onAt(index)}
        >
          <b>{name ?? index + 1}</b> {isGoing(search) ? '…' : shown(search.answer ?? '–').slice(0, 24)}
          <Mark kind={search.verdict?.kind} />
          {notes?.note?.starred && (
            <i role="img" aria-label="starred">
              ★
            </i>
          )}
          <small>
            {counted(search.turns.length, 'turn', 'turns')}
            {search.reward && `, reward ${search.reward.total.toFixed(2)}`}
            {advantage !== undefined && `, advantage ${advantage.toFixed(2)}`}
            {search.end !== undefined && isMaskedEnd(search.end) && ', masked'}
          </small>
        </button>
      ))}
    </div>
  )
}

/** Marks a search that over-turn masking leaves out of the gradient. */
export function MaskedChip() {
  return (
    <span
      class="masked"
      title="Over-turn masking: reinforcement learning leaves this search out of the gradient instead of penalising it."
    >
      masked in training
    </span>
  )
}

export function OutcomeFact({
  search,
  name,
  turn,
}: {
  readonly search: ShownSearch
  readonly name: string
  readonly turn: number
}) {
  const { answer, end, turns, verdict } = search
  const thought = turns[Math.min(turn, turns.length) - 1]?.thought
  return (
    <div class="outcome">
      <p>
        <b>{name}</b> answer <b dir="auto">{isGoing(search) ? '…' : shown(answer ?? '–')}</b>
        <Mark kind={verdict?.kind} /> after {counted(turns.length, 'turn', 'turns')}
        {isGoing(search) || end === 'answered' ? '' : `, ${shownEnd(search)}`}
      </p>
      {turn > 0 && thought && (
        <p class="thought" dir="auto">
          {shown(thought)}
        </p>
      )}
    </div>
  )
}

/** What a search from a log of another program has besides its turns. */
export function ImportedFacts({ search: { imported } }: { readonly search: ShownSearch }) {
  if (imported === undefined) return null
  const { from, before, facts, notes = [] } = imported
  return (
    <section class="imported">
      <p>
        From a log of <b>{from}</b>.{notes.length > 0 && ` ${notes.join(' ')}`}
      </p>
      {before !== undefined && (
        <details>
          <summary>What the model was told besides the question</summary>
          <pre dir="auto">{shown(before)}</pre>
        </details>
      )}
      {facts !== undefined && (
        <details>
          <summary>What else the log says</summary>
          <pre dir="auto">{facts}</pre>
        </details>
      )}
    </section>
  )
}

const saved = [
  ['svg', 'SVG', 'a figure for a paper'],
  ['png', 'PNG', 'a figure for a paper'],
  ['webp', 'WebP', 'a short animation'],
  ['gif', 'GIF', 'a short animation for programs that show no WebP'],
  ['md', 'Markdown', 'the turns as text, with their pictures, in an archive'],
] as const

export function Facts({ search, urls }: Pick<SearchEntry, 'search' | 'urls'>) {
  const { policy, profile, seed, problem, end } = search
  const { figure } = urls
  const change = profile && changedSince(profile)
  return (
    <footer class="facts">
      {end !== undefined && figure && (
        <span>
          save as{' '}
          {saved.map(([as, title, hint]) => (
            <>
              <a key={as} href={figure(as)} title={hint} download>
                {title}
              </a>{' '}
            </>
          ))}
        </span>
      )}
      <span>
        policy <b>{policy}</b>
      </span>
      {profile && (
        <span>
          profile <b>{profile.name}</b> {profile.sha256.slice(0, 12)}
          {change !== undefined && ` (an earlier version; since then ${change})`}
        </span>
      )}
      <span>
        seed <b>{seed}</b>
      </span>
      {picturesOf(search).map((picture, index) => (
        <span key={index}>
          picture{' '}
          <b>
            {picture.width} × {picture.height}
          </b>{' '}
          {picture.sha256.slice(0, 12)}
        </span>
      ))}
      <span>
        problem <b>{problem.docId}</b> of {problem.dataSource}
      </span>
    </footer>
  )
}
