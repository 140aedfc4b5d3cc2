/**
 * An evaluation as a log of inspect_ai (`.eval`, version 2 of its format): an archive with a file for each search, a list of them, and a
 * header with settings and results. It is produced search by search.
 */
import { basename } from 'node:path'
import type { ToldMessage } from '../../coldstart/export/told-messages.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { sha256 } from '../../shared/canonical.ts'
import { version } from '../../shared/version.ts'
import { zip } from '../../shared/zip.ts'
import type { ZipEntry } from '../../shared/zip.ts'
import { protocolLine } from '../protocol.ts'
import { problemName } from '../stored-outcomes.ts'
import { epochOf, inspectSample, inspectSummary, sampleId, usageFields, usageOf } from './inspect-sample.ts'
import type { LoggedRun } from './logged-run.ts'

const formatVersion = 2

export interface InspectLogOptions {
  /** The messages of a search with their pictures. */
  readonly messagesOf: (trajectory: Trajectory) => Promise<readonly ToldMessage[]>
  readonly onSearch?: () => void
}

/** The usual name of such a log, by which its viewer lists it. */
export function inspectLogName(run: LoggedRun): string {
  const task = run.task.replaceAll(/[^\w-]/g, '-')
  return `${time(run.created).replaceAll(/[:+]/g, '-')}_${task}_${identify(run, 'task')}.eval`
}

export function inspectLog(run: LoggedRun, options: InspectLogOptions): AsyncGenerator<Uint8Array, void> {
  return zip(entries(run, options))
}

async function* entries(run: LoggedRun, { messagesOf, onSearch }: InspectLogOptions): AsyncGenerator<ZipEntry, void> {
  const context = { model: modelName(run), judge: run.judge }
  const sums = { input: 0, cached: 0, output: 0 }
  let failed = 0
  for await (const trajectory of run.read()) {
    const sample = inspectSample(trajectory, await messagesOf(trajectory), context)
    const name = `samples/${sampleId(problemName(trajectory.problem))}_epoch_${epochOf(trajectory)}.json`
    yield { name, content: json(sample) }
    const usage = usageOf(trajectory)
    for (const kind of ['input', 'cached', 'output'] as const) sums[kind] += usage[kind]
    if (trajectory.end === 'failed') failed++
    onSearch?.()
  }
  async function* summaries(): AsyncGenerator<string, void> {
    let between = '['
    for await (const trajectory of run.read()) {
      yield between + json(inspectSummary(trajectory, context))
      between = ','
    }
    yield ']'
  }
  yield { name: 'summaries.json', content: summaries() }
  yield { name: 'header.json', content: json(header(run, failed, usageFields(sums))) }
}

function header(run: LoggedRun, failed: number, usage: object): object {
  const { config, task, judge, problems, searches, missing, created, changed, scores, standardError } = run
  const { benchmark, samples, temperature, seed, data } = config
  const unscored = problems
    .flatMap(({ outcomes }) => outcomes)
    .filter((outcome) => !outcome.judged && outcome.end !== 'failed').length
  const metrics = [
    { name: 'accuracy', value: scores[0]?.score ?? 0 },
    { name: 'stderr', value: standardError },
    ...scores.slice(1).map(({ name, score }) => ({ name, value: score })),
  ]
  const sampling = temperature === undefined ? {} : { temperature }
  return {
    version: formatVersion,
    status: missing === 0 ? 'success' : 'cancelled',
    eval: {
      eval_id: identify(run, 'eval'),
      run_id: identify(run, 'run'),
      task_id: identify(run, 'task'),
      created: time(created),
      task,
      task_version: 0,
      task_attribs: {},
      task_args: {},
      dataset: {
        name: benchmark,
        ...(data !== undefined && { location: basename(data) }),
        samples: problems.length,
        sample_ids: problems.map(({ name }) => sampleId(name)),
        shuffled: false,
      },
      model: modelName(run),
      model_generate_config: sampling,
      model_args: {},
      config: {
        epochs: samples,
        ...(samples > 1 && { epochs_reducer: ['mean'] }),
        fail_on_error: false,
        score_on_error: true,
      },
      packages: { 'mini-o3': version },
      metadata: { run: run.name, seed, protocol: protocolLine(run) },
      scorers: [{ name: judge }],
    },
    plan: { name: 'plan', steps: [{ solver: 'mini-o3', params: {} }], config: sampling },
    results: {
      total_samples: searches + missing,
      completed_samples: searches - failed,
      scores: [
        {
          name: judge,
          scorer: judge,
          ...(samples > 1 && { reducer: 'mean' }),
          scored_samples: searches - unscored,
          unscored_samples: unscored,
          params: {},
          metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, { name, value, params: {} }])),
        },
      ],
    },
    stats: {
      started_at: time(created),
      completed_at: time(changed),
      model_usage: { [modelName(run)]: usage },
      role_usage: {},
    },
  }
}

function modelName({ config }: LoggedRun): string {
  return `mini-o3/${config.policy ?? 'embedded'}`
}

/** 22 characters that are equal in every export of the run. */
function identify({ name, config, created }: LoggedRun, what: string): string {
  return sha256(JSON.stringify([what, name, config, created])).slice(0, 22)
}

function time(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, '+00:00')
}

/** Python reads no halves of surrogate pairs, which a model that was cut off can leave. */
function json(value: object): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? inner.toWellFormed() : inner))
}
