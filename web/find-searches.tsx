/** Searches of all runs, found by words or by a filter: run by run, newest first; typing on gives up what is running. */
import { useEffect, useState } from 'preact/hooks'
import { shown } from '../src/page/step.ts'
import type { FoundSearches } from '../src/server/api/across-runs.ts'
import type { RunRow } from '../src/server/api/types.ts'
import { messageOf } from '../src/shared/errors.ts'
import { counted } from '../src/shared/numbers.ts'
import { ProblemFact } from './facts.tsx'
import { fetchJson } from './fetch-json.ts'
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
  readonly text: string
  readonly looked: number
  readonly runs: readonly Found[]
  readonly error?: string
}

export function FindSearches({ runs }: { readonly runs: readonly RunRow[] }) {
  const [text, setText] = useState('')
  const [state, setState] = useState<State>()
  const wanted = runs.filter(({ bytes }) => bytes > 0 && bytes <= mostBytes)
  const left = runs.filter(({ bytes }) => bytes > mostBytes)
  useEffect(() => {
    if (text.trim() === '') return setState(undefined)
    const gone = new AbortController()
    const look = async (): Promise<void> => {
      let next: State = { text, looked: 0, runs: [] }
      for (const { name } of wanted) {
        const path = `api/runs/${encodeURIComponent(name)}/find?${new URLSearchParams({ where: text }).toString()}`
        // A run that cannot be read says why on its own page.
        const found = await fetchJson<FoundSearches>(path, { signal: gone.signal }).catch(() => undefined)
        if (gone.signal.aborted) return
        const more = found && found.count > 0 ? [{ name, found }] : []
        next = { ...next, looked: next.looked + 1, runs: [...next.runs, ...more] }
        setState(next)
        if (next.runs.reduce((sum, one) => sum + one.found.count, 0) >= mostFound) return
      }
    }
    const begin = (): void =>
      void look().catch((error: unknown) => setState({ text, looked: 0, runs: [], error: messageOf(error) }))
    const timer = setTimeout(begin, restMs)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [text])
  const count = state?.runs.reduce((sum, { found }) => sum + found.count, 0) ?? 0
  return (
    <section class="find" aria-label="Search in all runs">
      <label>
        <span>Search in all runs</span>
        <input
          type="search"
          value={text}
          placeholder="words, or a filter such as: wrong and question:heart"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {text.trim() !== '' && (
        <>
          <ProblemFact message={state?.error} />
          <output>
            {counted(count, 'search', 'searches')} in {state?.runs.length ?? 0} of {state?.looked ?? 0} runs
            {(state?.looked ?? 0) < wanted.length && `; ${wanted.length - (state?.looked ?? 0)} not looked at yet`}
            {left.length > 0 && `; left out as too long: ${left.map(({ name }) => name).join(', ')}`}
          </output>
          <ol>
            {state?.runs.map(({ name, found }) => (
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
