/** Runs: every run folder, newest first, refreshed while it is looked at. */
import type { RunRow } from '../src/server/api-types.ts'
import { useJson } from './fetch-json.ts'
import { href } from './route.ts'

const refreshMs = 4000

export function RunsPage() {
  const { value: runs, error } = useJson<readonly RunRow[]>('api/runs', refreshMs)
  return (
    <section class="runs" aria-label="Runs">
      <h2>Runs</h2>
      {error !== undefined && (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
      {runs === undefined && error === undefined && <p role="status">Loading …</p>}
      {runs?.length === 0 && (
        <p>
          No runs yet. Commands such as <code>mini-o3 eval</code> leave theirs in the folder <code>runs</code>.
        </p>
      )}
      {runs !== undefined && runs.length > 0 && (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Command</th>
                <th scope="col">Policy</th>
                <th scope="col">Changed</th>
                <th scope="col">Searches</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <tr key={run.name}>
                  <th scope="row">
                    <a href={href(['run', run.name])}>{run.name}</a>
                    {run.live && <span class="live-mark">running</span>}
                  </th>
                  <td>{run.command}</td>
                  <td>{run.policy}</td>
                  <td>{new Date(run.changedMs).toLocaleString()}</td>
                  <td class="number">{size(run.bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

/** Of the log of searches: counting them would mean reading them. */
function size(bytes: number): string {
  if (bytes === 0) return '–'
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
