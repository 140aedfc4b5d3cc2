/**
 * Collects cold-start data: a policy searches problems with known answers, and only complete trajectories with the right answer are
 * kept, in the log of searches. `searchedLog` has a line for every finished search, kept or not, so that a resume does only the missing
 * work. `pendingLog` has searches whose judge failed: a resume judges them again, which is cheaper than searching. The set is computed from
 * the kept searches whenever it is read, so that it does not depend on the order of work.
 */
import type { Judge } from '../judge/judge.ts'
import { judgeAndKeep } from '../judge/judge.ts'
import { picturesOf } from '../protocol/originals.ts'
import { isRefusedForGood, mayBeForGood } from '../protocol/reason.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { checkJudgeable, owedSamples, wantedKeys } from '../search/owed-samples.ts'
import { keyOf, searchKey, searchedLog } from '../runs/searches.ts'
import type { Searched } from '../runs/searches.ts'
import type { IsDone, SearchRunOptions } from '../search/owed-samples.ts'
import { readLog } from '../runs/log.ts'
import { readCorrections } from '../runs/notes.ts'
import { indexSearches } from '../runs/search-index.ts'
import { checkSamePictures, picturesId } from '../search/same-pictures.ts'
import type { SearchedPictures } from '../search/same-pictures.ts'
import { setEntryOf } from './summary.ts'
import type { SetEntry } from './summary.ts'
import { pendingLog, searchLog } from '../runs/searches.ts'
import type { SkippedProblem } from '../runs/searches.ts'
import { watchFailures } from '../search/failing-alike.ts'
import { searchMany } from '../search/search-many.ts'
import { mapAsFinished } from '../shared/map-limit.ts'
import { itemAt } from '../shared/known.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { candidateOf, startSelection } from './selection.ts'
import type { Candidate } from './selection.ts'
import { readPending, readRules, remember } from './stored-searches.ts'

/** The rules of the set are in the configuration of `run`, see `readRules`. */
export interface CollectOptions extends SearchRunOptions {
  readonly judge: Judge
  /** Called once stored searches have been read, and after every search, with the newest one. */
  readonly onProgress?: (progress: CollectProgress, newest?: Trajectory) => void
  /** Called for each problem that the profile skips. */
  readonly onSkip?: (problem: SkippedProblem) => void
}

/** Counts of searches. */
export interface CollectProgress {
  readonly done: number
  readonly total: number
  /** Searches with the right answer. */
  readonly kept: number
  /** Number of these in the set, as far as all earlier searches are done. */
  readonly inSet: number
  readonly overTurn: number
  /** Failed searches of this invocation, repeated on a resume. */
  readonly failed: number
  /** Searches refused permanently by a server that accepted others. Not repeated. */
  readonly refused: number
  /** Searches of this invocation without a verdict, judged again on a resume. */
  readonly unjudged: number
}

/**
 * Runs missing searches until the set has reached its target or none are left; searches in flight are then finished and stored. Returns
 * the record of every search, in the order of the problems.
 */
export async function collect(options: CollectOptions): Promise<Searched[]> {
  const { problems, policy, judge, samples, maxTurns, profile, seed, run, concurrency, onProgress } = options
  checkJudgeable(problems)
  const keys = wantedKeys(problems, samples)
  const positions = new Map(keys.map((key, position) => [key, position]))
  const { done, candidates, failures, pictures } = await stored(run, positions)
  await checkSamePictures(pictures, problems, profile.pictures.reading)
  const waiting = new Set<string>()
  for await (const trajectory of readPending(run, done.keys())) waiting.add(keyOf(trajectory))
  // If the server refused every search, the server needs fixing, and no refusal counts as permanent.
  const serves = (): boolean => done.size + waiting.size > 0
  const refused = new Map([...failures].filter(([, search]) => isRefusedForGood(search)))
  if (options.retryRefused || !serves()) refused.clear()
  const settled = new Set([...done.keys(), ...waiting, ...refused.keys()])
  const isSettled: IsDone = (problem, sample) => settled.has(searchKey(problem, sample))
  const owed = owedSamples(options, isSettled, (problem) => {
    for (let index = 0; index < samples; index++) without.add(searchKey(problem, index))
    counts.total -= samples
    options.onSkip?.(problem)
    tell()
  })
  const selection = startSelection(await readRules(run))
  const counts = { done: 0, total: keys.length, kept: 0, overTurn: 0, failed: 0, unjudged: 0 }
  /** Searches of this invocation without a result: the set continues after them until a resume fills the gap. */
  const without = new Set<string>(refused.keys())
  /** A search is stored before it is counted: in between others are, whose progress must not include it. */
  const counted = new Set(done.keys())
  let reached = 0

  function tell(newest?: Trajectory): void {
    for (; reached < keys.length; reached++) {
      const key = itemAt(keys, reached)
      if (!counted.has(key) && !without.has(key)) break
      const candidate = candidates.get(key)
      if (candidate !== undefined) selection.add(candidate)
      candidates.delete(key)
    }
    const forGood = serves() ? refused.size : 0
    const failed = counts.failed + refused.size - forGood
    onProgress?.({ ...counts, failed, refused: forGood, inSet: selection.keys().size }, newest)
  }
  function count({ kept, end }: Searched): void {
    counts.done++
    if (kept) counts.kept++
    if (end === 'over-turn') counts.overTurn++
  }
  for (const key of keys) {
    const search = done.get(key)
    if (search !== undefined) count(search)
  }
  tell()

  async function keep(trajectory: Trajectory): Promise<void> {
    const key = keyOf(trajectory)
    if (trajectory.end === 'failed') {
      if (trajectory.failure === undefined || !mayBeForGood(trajectory.failure)) return
      const search = remember(trajectory, positions.get(key))
      await run.append(searchedLog, search)
      if (isRefusedForGood(search)) refused.set(key, search)
      return
    }
    if (trajectory.verdict?.kind === 'unjudged') {
      if (!waiting.has(key)) await run.append(pendingLog, trajectory)
      return
    }
    const searched = remember(trajectory, positions.get(key))
    // In this order, so that after a kill in between the search is found among the trajectories.
    if (searched.kept) await run.append(searchLog, trajectory)
    await run.append(searchedLog, searched)
    if (searched.kept) candidates.set(key, candidateOf(key, trajectory))
    done.set(key, searched)
  }
  function settle(trajectory: Trajectory): void {
    const key = keyOf(trajectory)
    const searched = done.get(key)
    if (searched !== undefined) {
      counted.add(key)
      count(searched)
    } else if (trajectory.end !== 'failed') counts.unjudged++
    else if (!refused.has(key)) counts.failed++
    if (searched === undefined) without.add(key)
    tell(trajectory)
    watch.see(trajectory)
  }
  const { keepGoing, stop } = options
  const watch = watchFailures({ owed: keys.length - done.size, served: serves(), keepGoing, stop })
  const finish = (trajectory: Trajectory): Promise<Trajectory> =>
    judgeAndKeep(watch.afterEarlier(trajectory, failures.get(keyOf(trajectory))?.failure), judge, undefined, keep)
  try {
    const judged = mapAsFinished(readPending(run, done.keys()), concurrency, finish, watch.signal)
    for await (const { value } of judged) settle(value)
    const wanted = until(owed, selection.full)
    const searches = searchMany(wanted, policy, { profile, maxTurns, seed, concurrency, stop: watch.signal, finish })
    for await (const { trajectory } of searches) settle(trajectory)
  } catch (error) {
    throw watch.instead(error)
  }
  return keys.flatMap((key) => done.get(key) ?? (serves() ? refused.get(key) : undefined) ?? [])
}

interface SetOptions<T> {
  readonly asJudged?: boolean | undefined
  /** What to keep of a search that may be in the set. */
  readonly keep: (trajectory: Trajectory) => T
}

/**
 * The set, sorted by key so that training does not depend on the order of work: in the order of the problems, the rules of the run leave
 * out searches over their share, and those beyond the target. Searches whose verdict was corrected by hand to wrong are left out, too,
 * unless `asJudged`.
 */
async function setOf<T>(run: Pick<RunFolder, 'path'>, { asJudged = false, keep }: SetOptions<T>): Promise<T[]> {
  const corrections = await readCorrections(run.path, asJudged)
  const { entries } = await indexSearches(run.path, ({ trajectory, key }) => {
    if (corrections.of({ trajectory })?.verdict === 'wrong') return undefined
    return { candidate: candidateOf(key, trajectory), part: keep(trajectory) }
  })
  // Of a repeated search the last line.
  const byKey = new Map(entries.map(({ key, kept }) => [key, kept]))
  const chosen = await chosenFrom(run, new Map([...byKey].map(([key, { candidate }]) => [key, candidate])))
  const set = [...byKey].filter(([key]) => chosen.has(key)).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return set.map(([, { part }]) => part)
}

/** A summary of each search of the set. */
export function readSetEntries(run: Pick<RunFolder, 'path'>): Promise<SetEntry[]> {
  return setOf(run, { keep: setEntryOf })
}

export interface ReadCollectedOptions {
  /** Leaves corrections by hand aside. */
  readonly asJudged?: boolean | undefined
  /** Called for every search that was read. */
  readonly onSearch?: (() => void) | undefined
}

/** The trajectories of the set, in order. */
export function readCollected(
  run: Pick<RunFolder, 'path'>,
  { asJudged, onSearch }: ReadCollectedOptions = {},
): Promise<Trajectory[]> {
  const keep = (trajectory: Trajectory): Trajectory => {
    onSearch?.()
    return trajectory
  }
  return setOf(run, { asJudged, keep })
}

/** The keys of the kept trajectories in the set. */
async function chosenFrom(
  run: Pick<RunFolder, 'path'>,
  kept: ReadonlyMap<string, Candidate>,
): Promise<ReadonlySet<string>> {
  const rules = await readRules(run)
  if (Object.keys(rules).length === 0) return new Set(kept.keys())
  const positions = new Map<string, number>()
  for await (const searched of readLog(run.path, searchedLog)) {
    const { position, sampleIndex } = searched
    if (position !== undefined) positions.set(searchKey(searched, sampleIndex), position)
  }
  const ordered = [...positions].toSorted(([, a], [, b]) => a - b)
  const selection = startSelection(rules)
  for (const [key] of ordered) {
    const candidate = kept.get(key)
    if (candidate !== undefined) selection.add(candidate)
  }
  return selection.keys()
}

interface Stored {
  /** Records of finished searches, by key. */
  readonly done: Map<string, Searched>
  /** The kept searches, as input to the rules of the set. */
  readonly candidates: Map<string, Candidate>
  /** Searches that the server refused and that have no result since, by key. */
  readonly failures: ReadonlyMap<string, Searched>
  readonly pictures: SearchedPictures
}

/** Adds the record of a kept trajectory if it is missing; a record whose kept trajectory is missing is searched again. */
async function stored(run: RunFolder, positions: ReadonlyMap<string, number>): Promise<Stored> {
  const done = new Map<string, Searched>()
  const failures = new Map<string, Searched>()
  for await (const searched of run.read(searchedLog)) {
    const kind = searched.end === 'failed' ? failures : done
    kind.set(searchKey(searched, searched.sampleIndex), searched)
  }
  const candidates = new Map<string, Candidate>()
  const pictures = new Map<string, string>()
  for await (const trajectory of run.read(searchLog)) {
    const key = keyOf(trajectory)
    pictures.set(searchKey(trajectory.problem, 0), picturesId(picturesOf(trajectory)))
    candidates.set(key, candidateOf(key, trajectory))
    if (done.get(key)?.kept) continue
    const searched = remember(trajectory, positions.get(key))
    done.set(key, searched)
    await run.append(searchedLog, searched)
  }
  for (const [key, { kept }] of done) if (kept && !candidates.has(key)) done.delete(key)
  // A later search replaced them.
  for (const key of done.keys()) failures.delete(key)
  return { done, candidates, failures, pictures }
}

/** Yields items until `enough` returns true. */
async function* until<T>(items: AsyncIterable<T>, enough: () => boolean): AsyncGenerator<T, void> {
  if (enough()) return
  for await (const item of items) {
    yield item
    if (enough()) return
  }
}
