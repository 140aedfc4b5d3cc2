/**
 * An evaluation as lmms-eval writes one with `--log_samples` (0.7): results as JSON, and a line for each problem. The lines are produced
 * problem by problem. The metric is called `score`, so that `--baseline` finds it.
 */
import type { Trajectory } from '../../protocol/trajectory.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import { itemAt } from '../../shared/known.ts'
import { mean } from '../../shared/numbers.ts'
import { version } from '../../shared/version.ts'
import { outcomeOf } from '../figures/outcome.ts'
import { protocolLine } from '../protocol.ts'
import { problemName } from '../stored-outcomes.ts'
import type { LoggedRun } from './logged-run.ts'

/** The paths of both files, relative to the output path. */
export function lmmsLogNames(run: LoggedRun): { readonly results: string; readonly samples: string } {
  const folder = policyName(run).replaceAll(/[^\w.-]+/g, '__')
  const start = `${folder}/${stamp(run)}`
  return { results: `${start}_results.json`, samples: `${start}_samples_${taskName(run)}.jsonl` }
}

export async function* lmmsSamples(run: LoggedRun, onSearch?: () => void): AsyncGenerator<Uint8Array, void> {
  const places = new Map(run.problems.map(({ name, place }) => [name, place]))
  let searches: Trajectory[] = []
  const line = (): Uint8Array => Buffer.from(`${JSON.stringify(sampleOf(searches, places))}\n`)
  for await (const trajectory of run.read()) {
    const [first] = searches
    if (first !== undefined && problemName(first.problem) !== problemName(trajectory.problem)) {
      yield line()
      searches = []
    }
    searches.push(trajectory)
    onSearch?.()
  }
  if (searches.length > 0) yield line()
}

function sampleOf(searches: readonly Trajectory[], places: ReadonlyMap<string, number>): object {
  const { problem } = itemAt(searches, 0)
  const outcomes = searches.map(outcomeOf)
  const replies = searches.map(({ answer }) => (answer ?? '').toWellFormed())
  return {
    doc_id: places.get(problemName(problem)),
    target: problem.answer ?? '',
    filtered_resps: replies.length === 1 ? replies[0] : replies,
    token_counts: outcomes.map(({ spent }) => ({
      input_tokens: spent.sent,
      output_tokens: spent.written,
      reasoning_tokens: 0,
    })),
    doc_hash: sha256(canonicalJson(problem)),
    input: problem.question,
    score: mean(outcomes.map(({ correct }) => Number(correct))),
    name: problemName(problem),
    ends: outcomes.map(({ end }) => end),
    turns: outcomes.map(({ turns }) => turns),
    errors: searches.map(({ failure }) => (failure === undefined ? null : `${failure.code}: ${failure.message}`)),
  }
}

export function lmmsResults(run: LoggedRun): object {
  const { config, problems, scores, standardError, created, changed } = run
  const { temperature, samples, seed } = config
  const task = taskName(run)
  const others = scores.slice(1).map(({ name, score }) => [`${name.replaceAll(',', ' ')},none`, score])
  const settings = { temperature, max_turns: config.maxTurns }
  return {
    results: {
      [task]: {
        alias: task,
        'score,none': scores[0]?.score ?? 0,
        'score_stderr,none': standardError,
        ...Object.fromEntries(others),
      },
    },
    group_subtasks: { [task]: [] },
    configs: {
      [task]: {
        task,
        dataset_path: config.benchmark,
        output_type: 'generate_until',
        generation_kwargs: settings,
        metric_list: [{ metric: 'score', aggregation: 'mean', higher_is_better: true }],
        repeats: samples,
        metadata: { version: 1, protocol: protocolLine(run) },
      },
    },
    versions: { [task]: 1 },
    'n-shot': { [task]: 0 },
    higher_is_better: { [task]: { score: true } },
    'n-samples': { [task]: { original: problems.length, effective: problems.length } },
    config: {
      model: 'mini-o3',
      model_args: `policy=${policyName(run)}`,
      batch_size: 1,
      limit: null,
      random_seed: seed,
    },
    git_hash: null,
    lmms_eval_version: null,
    mini_o3_version: version,
    date: stamp(run),
    model_source: 'mini-o3',
    model_name: policyName(run),
    model_name_sanitized: policyName(run).replaceAll(/[^\w.-]+/g, '__'),
    total_evaluation_time_seconds: String((changed.getTime() - created.getTime()) / 1000),
  }
}

function policyName({ config }: LoggedRun): string {
  return config.policy ?? 'embedded'
}

/** Without the characters that its viewer refuses in a task's name. */
function taskName({ task }: LoggedRun): string {
  return task.replaceAll(/[^\w-]/g, '_')
}

/** For example `20261129_073110`. */
function stamp({ created }: LoggedRun): string {
  return created.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')
}
