/** The time axis of a command that works: when it started, now, and when it will probably end; and the runs inside, such as stages. */
import type { RunRow } from '../src/server/api/types.ts'
import { durationText } from '../src/shared/durations.ts'
import { countsText, jobText, secondsLeft } from '../src/shared/job.ts'
import type { JobProgress } from '../src/shared/job.ts'
import { useJson } from './fetch-json.ts'
import { href } from './route.ts'
import { stateWords } from './run-columns.tsx'
import { clock } from './text.ts'

const refreshMs = 4000

export function JobAxis({ run }: { readonly run: RunRow }) {
  return (
    <>
      {run.progress && <Axis job={run.progress} running={run.state === 'running'} />}
      {run.command === 'recipe' && <Stages name={run.name} />}
    </>
  )
}

function Axis({ job, running }: { readonly job: JobProgress; readonly running: boolean }) {
  const { done, before, total, startedMs, toldMs, ended } = job
  if (!running && ended?.how === 'complete') return null
  const left = running ? secondsLeft(job) : undefined
  const endMs = left === undefined ? toldMs : toldMs + left * 1000
  const nowShare = endMs > startedMs ? (toldMs - startedMs) / (endMs - startedMs) : 1
  return (
    <section class="job" aria-label="Progress">
      <p>
        <b>{running ? jobText(job) : countsText(job)}</b>
        {before > 0 && ` (${before.toLocaleString('en')} of them before it was resumed)`}
      </p>
      {ended?.reason !== undefined && <p class="problem">{ended.reason}</p>}
      <progress max={Math.max(1, total)} value={done} aria-label={countsText(job)} />
      <ol class="axis">
        <li>
          started <time dateTime={new Date(startedMs).toISOString()}>{clock(startedMs)}</time>
        </li>
        <li style={{ marginLeft: `${Math.round(nowShare * 100) / 2}%` }}>
          {running ? 'after' : 'stopped after'} {durationText((toldMs - startedMs) / 1000)}
        </li>
        {left !== undefined && (
          <li class="end">
            done at about <time dateTime={new Date(endMs).toISOString()}>{clock(endMs)}</time>
          </li>
        )}
      </ol>
    </section>
  )
}

/** The runs directly inside, oldest first. */
function Stages({ name }: { readonly name: string }) {
  const { value: runs = [] } = useJson<readonly RunRow[]>('api/runs', refreshMs)
  const prefix = name === '.' ? '' : `${name}/`
  const inside = runs
    .filter((run) => run.name !== name && run.name.startsWith(prefix))
    .toSorted((a, b) => a.startedMs - b.startedMs)
  if (inside.length === 0) return null
  return (
    <div class="table">
      <table aria-label="Stages">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Command</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col" class="number">
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          {inside.map((run) => (
            <tr key={run.name}>
              <th scope="row">
                <a href={href(['run', run.name])}>{run.name.slice(prefix.length)}</a>
              </th>
              <td>{run.command}</td>
              <td>{stateWords[run.state]}</td>
              <td>
                {run.unreadable ??
                  (run.progress && (run.state === 'running' ? jobText(run.progress) : countsText(run.progress)))}
              </td>
              <td class="number">{durationText(Math.max(0, run.changedMs - run.startedMs) / 1000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
