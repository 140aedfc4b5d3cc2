/** The curves of several runs, one chart for each figure, with their data as tables. */
import type { RunCurves } from '../src/server/api/across-runs.ts'
import { ProblemFact } from './facts.tsx'
import { useJson } from './fetch-json.ts'
import { href } from './route.ts'
import { RunCharts } from './run-charts.tsx'

const refreshMs = 10_000

export function CurvesPage({ runs }: { readonly runs: readonly string[] }) {
  const query = new URLSearchParams(runs.map((run) => ['run', run])).toString()
  const { value: curves, error } = useJson<RunCurves>(`api/curves?${query}`, refreshMs)
  return (
    <section class="run" aria-label="Curves">
      <p class="crumbs">
        <a href={href(['runs'])}>Runs</a> / curves
      </p>
      <h2>Curves of {runs.length === 1 ? 'a run' : `${runs.length} runs`}</h2>
      <ul class="lines">
        {(curves?.lines ?? runs.map((run) => ({ name: run, runs: [run] }))).map((line) => (
          <li key={line.name}>
            {line.runs.length > 1 && 'mean of '}
            {line.runs.map((run, at) => (
              <>
                {at > 0 && ', '}
                <a href={href(['run', run])}>{run}</a>
              </>
            ))}
            {line.runs.length > 1 && ', which differ only in their seed'}
          </li>
        ))}
      </ul>
      <ProblemFact message={error} />
      {curves === undefined && error === undefined && <p role="status">Loading …</p>}
      {curves?.charts.length === 0 && (
        <p role="status">These runs have nothing to draw. Choose runs with searches, or runs of sft or rl.</p>
      )}
      {curves && curves.charts.length > 0 && (
        <RunCharts
          base="api/curves"
          query={query}
          charts={curves.charts}
          version={curves.charts.map(({ table }) => table.at(-1)?.slice(0, 2).join('-')).join('-')}
        />
      )}
    </section>
  )
}
