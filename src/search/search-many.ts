/** Runs many searches with bounded concurrency, and single searches without their events. */
import type { Policy, Reply } from '../policy/policy.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { searchKey } from '../runs/searches.ts'
import { mapAsFinished, mapLimit } from '../shared/map-limit.ts'
import { hashSeed } from '../shared/random.ts'
import type { SearchEvent } from './events.ts'
import { search } from './search.ts'
import type { SearchOptions, Task } from './search.ts'

export interface SearchResult {
  readonly trajectory: Trajectory
  /** One per turn, with the sampled tokens if the policy provides them; never stored. */
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

/** A search to run: number `sampleIndex` of its problem. */
export interface Sample {
  readonly task: Task
  readonly sampleIndex: number
}

export interface ManyOptions extends Omit<SearchOptions, 'sampleIndex' | 'seed'> {
  readonly seed: number
  /** Searches in parallel. */
  readonly concurrency: number
  /** When it fires, no more searches start and those in flight are finished. `signal` aborts them instead. */
  readonly stop?: AbortSignal | undefined
  readonly onEvent?: OnEvent
  /**
   * Final work on a trajectory, such as judging and storing it. It is part of the search, so it runs concurrently, and is completed for
   * all searches in flight if one of them fails.
   */
  readonly finish?: (trajectory: Trajectory) => Promise<Trajectory>
  /** The profile of a search where it is not that of the run. */
  readonly profileOf?: ProfileOf | undefined
}

/** By the key of the search. */
export type ProfileOf = (key: string) => Profile

/** Yields results as searches finish; samples are pulled on demand. For the seed of each, see `sampleSeed`. */
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

/** Runs `samples` searches of the same problem; results are ordered by index. */
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

/** The seed of one search. It depends only on the run's seed, the problem and the index, so it is the same after a resume. */
export function sampleSeed(seed: number, problem: Pick<Problem, 'dataSource' | 'docId'>, sampleIndex: number): number {
  return hashSeed(seed, problem.dataSource, problem.docId, sampleIndex)
}

async function searchSample(
  { task, sampleIndex }: Sample,
  policy: Policy,
  options: Omit<ManyOptions, 'concurrency'>,
): Promise<SearchResult> {
  const seed = sampleSeed(options.seed, task.problem, sampleIndex)
  const profile = options.profileOf?.(searchKey(task.problem, sampleIndex)) ?? options.profile
  const { trajectory, replies } = await searchToEnd(task, policy, { ...options, profile, seed, sampleIndex })
  return { trajectory: (await options.finish?.(trajectory)) ?? trajectory, replies }
}
