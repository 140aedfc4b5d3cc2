/** Many searches at once, with a bound on how many run, and searches without their events. */
import type { Policy, Reply } from '../policy/policy.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { mapAsFinished, mapLimit } from '../shared/map-limit.ts'
import { hashSeed } from '../shared/random.ts'
import type { SearchEvent } from './events.ts'
import { search } from './search.ts'
import type { SearchOptions, Task } from './search.ts'

export interface SearchResult {
  readonly trajectory: Trajectory
  /** One a turn of the trajectory, with the sampled tokens where the policy has them; these are never stored. */
  readonly replies: readonly Reply[]
}

export type OnEvent = (event: SearchEvent, task: Task, sampleIndex: number) => void

/** Runs one search to its end. */
export async function searchToEnd(
  task: Task,
  policy: Policy,
  options: SearchOptions & { readonly onEvent?: OnEvent },
): Promise<SearchResult> {
  const { onEvent, sampleIndex = 0 } = options
  const replies: Reply[] = []
  for await (const event of search(task, policy, options)) {
    onEvent?.(event, task, sampleIndex)
    if (event.kind === 'acted') replies.push(event.reply)
    if (event.kind === 'ended') return { trajectory: event.trajectory, replies }
  }
  throw new Error('a search always ends with its trajectory')
}

/** One of the searches to run: the `sampleIndex`-th for its task. */
export interface Sample {
  readonly task: Task
  readonly sampleIndex: number
}

export interface ManyOptions extends Omit<SearchOptions, 'sampleIndex' | 'seed'> {
  readonly seed: number
  /** Searches that run at once. */
  readonly concurrency: number
  /** When it fires, no more searches start, and those in flight go on to their ends. `signal` cuts them off instead. */
  readonly stop?: AbortSignal | undefined
  readonly onEvent?: OnEvent
  /**
   * The last work on a trajectory, such as judging and storing it. It counts as part of the search, so that many are at it at
   * once, and is done for all that are in flight when one of them breaks.
   */
  readonly finish?: (trajectory: Trajectory) => Promise<Trajectory>
}

/** Results as searches finish; samples are pulled when there is room. Each has a seed of its own, see `sampleSeed`. */
export async function* searchMany(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  policy: Policy,
  options: ManyOptions,
): AsyncGenerator<SearchResult, void> {
  const run = (sample: Sample): Promise<SearchResult> => searchSample(sample, policy, options)
  for await (const { value } of mapAsFinished(samples, options.concurrency, run, options.stop ?? options.signal)) {
    yield value
  }
}

/** `samples` searches for the same problem, in the order of their indices. */
export function searchGroup(
  task: Task,
  policy: Policy,
  options: Omit<ManyOptions, 'concurrency'> & { readonly samples: number; readonly concurrency?: number },
): Promise<SearchResult[]> {
  const { samples, concurrency = samples } = options
  const group = Array.from({ length: samples }, (_, sampleIndex): Sample => ({ task, sampleIndex }))
  const run = (sample: Sample): Promise<SearchResult> => searchSample(sample, policy, options)
  return mapLimit(group, concurrency, run, options.stop ?? options.signal)
}

/** The seed of one search among many: it depends on nothing but the problem and the index, so it survives a resume. */
export function sampleSeed(seed: number, problem: Pick<Problem, 'dataSource' | 'docId'>, sampleIndex: number): number {
  return hashSeed(seed, problem.dataSource, problem.docId, sampleIndex)
}

async function searchSample(
  { task, sampleIndex }: Sample,
  policy: Policy,
  options: Omit<ManyOptions, 'concurrency'>,
): Promise<SearchResult> {
  const seed = sampleSeed(options.seed, task.problem, sampleIndex)
  const { trajectory, replies } = await searchToEnd(task, policy, { ...options, seed, sampleIndex })
  return { trajectory: (await options.finish?.(trajectory)) ?? trajectory, replies }
}
