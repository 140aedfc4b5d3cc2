/** The Runs page: every run folder, newest first, with its state and score; refreshed while visible. Chosen runs can be compared. */
import { useState } from 'preact/hooks'
import type { RunRow } from '../src/server/api/types.ts'
import { FindSearches } from './find-searches.tsx'
import { ProblemFact } from './facts.tsx'
import { useJson } from './fetch-json.ts'
import { href, useSetting } from './route.ts'
import { sorted } from './sorting.ts'
import { RunsTable } from './runs-table.tsx'

const refreshMs = 4000
/** More curves in one chart cannot be told apart. */
const mostChosen = 8

export function RunsPage() {
  const { value: runs, error } = useJson<readonly RunRow[]>('api/runs', refreshMs)
  const [find, setFind] = useSetting((settings) => settings.get('find') ?? '')
  const [chosen, setChosen] = useState<readonly string[]>([])
  const choose = (name: string): void =>
    setChosen(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name].slice(-mostChosen))
  return (
    <section class="runs" aria-label="All runs">
      <h2>Runs</h2>
      <ProblemFact message={error} />
      {runs === undefined && error === undefined && <p role="status">Loading …</p>}
      {runs?.length === 0 && (
        <p>
          No runs yet. Commands such as <code>mini-o3 eval</code> write them to the folder <code>runs</code>, and they
          appear here. For runs in another folder: <code>mini-o3 serve --runs &lt;folder&gt;</code>.
        </p>
      )}
      {runs !== undefined && runs.length > 0 && (
        <>
          <FindSearches runs={runs} text={find} onText={setFind} />
          {runs.length > 1 && <Compare runs={runs} chosen={chosen} />}
          <RunsTable runs={runs} chosen={chosen} choose={choose} find={find} />
        </>
      )}
    </section>
  )
}

/** The older of two comes first. */
function Compare({ runs, chosen }: { readonly runs: readonly RunRow[]; readonly chosen: readonly string[] }) {
  const all = runs.filter(({ name }) => chosen.includes(name)).toSorted((a, b) => a.changedMs - b.changedMs)
  const [first, second] = all
  const names = all.map(({ name }) => name)
  if (first === undefined)
    return (
      <p class="compare" role="status">
        Choose two runs to see what one gets right and the other does not, or up to {mostChosen} to see their curves in
        one chart.
      </p>
    )
  if (second === undefined)
    return (
      <p class="compare" role="status">
        Choose another run to compare {first.name} with.
      </p>
    )
  return (
    <p class="compare" role="status">
      {all.length === 2 && (
        <a class="go" href={href(['diff', first.name, second.name])}>
          Compare {first.name} with {second.name}
        </a>
      )}{' '}
      <a class="go" href={href(['curves', ...sorted(names, (name) => name, false)])}>
        Curves of {all.length} runs
      </a>
    </p>
  )
}
