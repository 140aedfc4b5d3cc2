/** Searches of all runs, found by words or by a filter: run by run, newest first; typing on gives up what is running. */
import { useEffect, useId, useState } from 'preact/hooks'
import { shown } from '../src/page/step.ts'
import { filterText } from '../src/protocol/filter/clauses.ts'
import type { ParsedFilter } from '../src/protocol/filter/parse.ts'
import { parseSearch } from '../src/protocol/filter/typed-search.ts'
import type { FoundSearches } from '../src/server/api/across-runs.ts'
import type { RunRow } from '../src/server/api/types.ts'
import { counted } from '../src/shared/numbers.ts'
import { ProblemFact } from './facts.tsx'
import { fetchAnswer } from './fetch-json.ts'
import { FilterMistake } from './filter-mistake.tsx'
import { href } from './route.ts'

/** Typed words are looked for once they rest. */
const restMs = 300
/** Larger logs are only read when their run is opened. */
const mostBytes = 128 * 1024 ** 2
/** With this many found searches the rest of the runs is not looked at. */
const mostFound = 1000

interface Found {
  readonly name: string
  readonly found: FoundSearches
}

interface State {
  /** Number of runs that are searched, and of those that were. */
  readonly of: number
  readonly looked: number
  /** Runs that could not be searched. */
  readonly unreadable: readonly string[]
  readonly runs: readonly Found[]
  /** Why it waits for the server. */
  readonly error?: string
}

interface Props {
  readonly runs: readonly RunRow[]
  readonly text: string
  readonly onText: (text: string) => void
}

export function FindSearches({ runs, text, onText }: Props) {
  const id = useId()
  const [state, setState] = useState<State>()
  const wanted = runs.filter(({ bytes }) => bytes > 0 && bytes <= mostBytes)
  const left = runs.filter(({ bytes }) => bytes > mostBytes).map(({ name }) => name)
  const parsed = parseSearch(text)
  const problem = 'problem' in parsed ? parsed.problem : undefined
  useEffect(() => {
    setState(undefined)
    if (text.trim() === '' || problem !== undefined) return undefined
    const gone = new AbortController()
    const look = async (): Promise<void> => {
      let next: State = { of: wanted.length, looked: 0, unreadable: [], runs: [] }
      setState(next)
      const wait = (error: string): void => setState({ ...next, error })
      for (const { name } of wanted) {
        const path = `api/runs/${encodeURIComponent(name)}/find?${new URLSearchParams({ where: text }).toString()}`
        // A run that cannot be read says why on its own page.
        const found = await fetchAnswer<FoundSearches>(path, gone.signal, wait).catch(() => undefined)
        if (gone.signal.aborted) return
        const more = found && found.count > 0 ? [{ name, found }] : []
        const unreadable = found === undefined ? [...next.unreadable, name] : next.unreadable
        next = { ...next, looked: next.looked + 1, unreadable, runs: [...next.runs, ...more] }
        setState(next)
        if (countOf(next) >= mostFound) return
      }
    }
    const timer = setTimeout(() => void look(), restMs)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [text])
  return (
    <section class="find" aria-label="Search in all runs">
      <label>
        <span>Search in all runs</span>
        <input
          type="search"
          value={text}
          placeholder="words, or a filter such as: wrong and question:heart"
          aria-invalid={problem !== undefined}
          aria-describedby={problem && `${id}-problem`}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      </label>
      {problem && (
        <FilterMistake id={`${id}-problem`} text={text} problem={problem}>
          <button type="button" onClick={() => onText(filterText({ kind: 'words', words: text.trim() }))}>
            Search for these words
          </button>
        </FilterMistake>
      )}
      {state && (
        <>
          <ProblemFact message={state.error} />
          <output>
            {counted(countOf(state), 'search', 'searches')} {wantedText(parsed)} in {state.runs.length} of{' '}
            {counted(state.looked, 'run', 'runs')}
            {state.looked < state.of &&
              (countOf(state) >= mostFound
                ? `; the other ${state.of - state.looked} were not searched: narrow it down`
                : `; ${state.of - state.looked} not searched yet`)}
            {state.unreadable.length > 0 && `; could not be read: ${state.unreadable.join(', ')}`}
            {left.length > 0 && `; left out as too long: ${left.join(', ')}`}
          </output>
          <ol>
            {state.runs.map(({ name, found }) => (
              <li key={name}>
                <a href={href(['run', name], { where: found.where })}>{name}</a>{' '}
                <small>{counted(found.count, 'search', 'searches')}</small>
                <ul>
                  {found.items.map((item) => (
                    <li key={item.index}>
                      <a href={href(['run', name, item.index])} dir="auto">
                        {shown(item.question)}
                      </a>{' '}
                      <bdi class={item.verdict}>{shown(item.answer ?? '–')}</bdi> <small>{item.policy}</small>
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

function countOf({ runs }: State): number {
  return runs.reduce((sum, { found }) => sum + found.count, 0)
}

/** How the text was understood. */
function wantedText(parsed: ParsedFilter): string {
  if ('problem' in parsed || parsed.node === undefined) return ''
  const text = filterText(parsed.node)
  return parsed.node.kind === 'words' ? `with the words ${text}` : `matching ${text}`
}
