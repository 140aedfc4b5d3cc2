/** The Runs page: every run folder, newest first, with its score; refreshed while visible. Two runs can be compared. */
import { useEffect, useState } from 'preact/hooks'
import type { RunFigures, RunRow, Scores } from '../src/server/api/types.ts'
import { ProblemFact } from './facts.tsx'
import { fetchJson, useJson } from './fetch-json.ts'
import { href } from './route.ts'
import { percent } from '../src/shared/numbers.ts'

const refreshMs = 4000
/** For larger logs, scores are computed only when the run is opened. */
const mostBytes = 128 * 1024 ** 2

export function RunsPage() {
  const { value: runs, error } = useJson<readonly RunRow[]>('api/runs', refreshMs)
  const scores = useScores(runs ?? [])
  const [chosen, setChosen] = useState<readonly string[]>([])
  const choose = (name: string): void =>
    setChosen(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name].slice(-2))
  return (
    <section class="runs" aria-label="Runs">
      <h2>Runs</h2>
      <ProblemFact message={error} />
      {runs === undefined && error === undefined && <p role="status">Loading …</p>}
      {runs?.length === 0 && (
        <p>
          No runs yet. Commands such as <code>mini-o3 eval</code> write them to the folder <code>runs</code>.
        </p>
      )}
      {runs !== undefined && runs.length > 0 && (
        <>
          {runs.length > 1 && <Compare runs={runs} chosen={chosen} />}
          <div class="table">
            <table>
              <thead>
                <tr>
                  {runs.length > 1 && <th scope="col">Compare</th>}
                  <th scope="col">Run</th>
                  <th scope="col">Command</th>
                  <th scope="col">Policy</th>
                  <th scope="col">Score</th>
                  <th scope="col">Changed</th>
                  <th scope="col">Log</th>
                </tr>
              </thead>
              <tbody>
                {runs.map((run) => (
                  <tr key={run.name}>
                    {runs.length > 1 && (
                      <td>
                        <input
                          type="checkbox"
                          aria-label={`Compare ${run.name}`}
                          disabled={run.bytes === 0}
                          checked={chosen.includes(run.name)}
                          onChange={() => choose(run.name)}
                        />
                      </td>
                    )}
                    <th scope="row">
                      <a href={href(['run', run.name])}>{run.name}</a>
                      {run.live && <span class="live-mark">running</span>}
                    </th>
                    <td>{run.command}</td>
                    <td>{run.policy}</td>
                    <td>{scoreText(scores.get(run.name)?.scores)}</td>
                    <td>{new Date(run.changedMs).toLocaleString()}</td>
                    <td class="number">{size(run.bytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  )
}

/** The older of the two comes first. */
function Compare({ runs, chosen }: { readonly runs: readonly RunRow[]; readonly chosen: readonly string[] }) {
  const both = runs.filter(({ name }) => chosen.includes(name)).toSorted((a, b) => a.changedMs - b.changedMs)
  const [first, second] = both
  return (
    <p class="compare" role="status">
      {first && second ? (
        <a class="go" href={href(['diff', first.name, second.name])}>
          Compare {first.name} with {second.name}
        </a>
      ) : first ? (
        `Choose another run to compare ${first.name} with.`
      ) : (
        'Choose two runs to see what one gets right and the other does not.'
      )}
    </p>
  )
}

type Known = ReadonlyMap<string, { readonly changedMs: number; readonly scores: Scores | null }>

/** Loads the scores one run at a time, since the server reads the whole log for each. */
function useScores(runs: readonly RunRow[]): Known {
  const [known, setKnown] = useState<Known>(new Map())
  const next = runs.find(
    ({ name, bytes, changedMs }) => bytes > 0 && bytes < mostBytes && known.get(name)?.changedMs !== changedMs,
  )
  useEffect(() => {
    if (next === undefined) return undefined
    const gone = new AbortController()
    const { name, changedMs } = next
    const keep = (scores: Scores | null): void => {
      if (!gone.signal.aborted) setKnown((before) => new Map(before).set(name, { changedMs, scores }))
    }
    fetchJson<RunFigures>(`api/runs/${encodeURIComponent(name)}/figures`, { signal: gone.signal }).then(
      ({ scores }) => keep(scores),
      () => keep(null), // the page of the run shows the reason
    )
    return () => gone.abort()
  }, [next?.name, next?.changedMs])
  return known
}

function scoreText(scores: Scores | null | undefined): string {
  if (!scores) return scores === null ? '–' : ''
  return `${percent(scores.avgAtK)} (${percent(scores.low)}–${percent(scores.high)}) Avg@${scores.samples} of ${scores.problems}`
}

function size(bytes: number): string {
  if (bytes === 0) return '–'
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
