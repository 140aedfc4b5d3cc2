/**
 * Collects cold-start data: a policy searches problems whose answers are known, and only whole trajectories with the right
 * answer are kept. `trajectories.jsonl` of the run holds those; `metrics.jsonl` has a line for every finished search, kept
 * or not, so that running it again on the same folder does only what is owed. `pending.jsonl` holds whole searches whose
 * judge failed: searching costs more than judging, so a resume judges them again and does not search again.
 */
import { z } from 'zod'
import type { Judge } from '../judge/judge.ts'
import { judgeAndKeep } from '../judge/judge.ts'
import { levels } from '../protocol/problem.ts'
import { ends, trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { checkJudgeable, owedSamples, wantedKeys, searchKey } from '../search/owed-samples.ts'
import type { SearchRunOptions } from '../search/owed-samples.ts'
import { searchMany } from '../search/search-many.ts'
import { MiniO3Error } from '../shared/errors.ts'
import { mapAsFinished } from '../shared/map-limit.ts'
import type { RunFolder } from '../shared/run-folder.ts'
import { labelsOf, patternNames, patternsOf } from './patterns.ts'

export interface CollectOptions extends SearchRunOptions {
  readonly judge: Judge
  /** After what was stored before has been read, and after every search. */
  readonly onProgress?: (progress: CollectProgress) => void
}

/** Counts of searches. */
export interface CollectProgress {
  readonly done: number
  readonly total: number
  readonly kept: number
  /** Searches of this call that broke; owed again on a resume. */
  readonly failed: number
  /** Searches of this call that wait for a verdict; judged again on a resume. */
  readonly unjudged: number
}

/** What is remembered of a finished search. */
const searchedSchema = z.object({
  dataSource: z.string(),
  docId: z.string(),
  sampleIndex: z.int(),
  level: z.enum(levels).optional(),
  end: z.enum(ends),
  turns: z.int(),
  kept: z.boolean(),
  labels: z.array(z.enum(patternNames)),
})
export type Searched = z.infer<typeof searchedSchema>

/** Searches what is owed; returns what is remembered of every search, in the order of the problems. */
export async function collect(options: CollectOptions): Promise<Searched[]> {
  const { problems, policy, judge, samples, maxTurns, profile, seed, run, concurrency, stop, onProgress } = options
  checkJudgeable(problems)
  const done = await stored(run)
  const keys = wantedKeys(problems, samples).flat()
  const waiting = new Set<string>()
  for await (const trajectory of pending(run, done)) waiting.add(keyOf(trajectory))
  const owed = owedSamples(problems, samples, new Set([...done.keys(), ...waiting]))
  const progress = { done: 0, total: problems.length * samples, kept: 0, failed: 0, unjudged: 0 }
  const count = (searched: Searched): void => {
    progress.done++
    if (searched.kept) progress.kept++
  }
  for (const key of keys) if (done.has(key)) count(done.get(key)!)
  onProgress?.({ ...progress })

  async function keep(trajectory: Trajectory): Promise<void> {
    if (trajectory.end === 'failed') return
    const key = keyOf(trajectory)
    if (trajectory.verdict?.kind === 'unjudged') {
      if (!waiting.has(key)) await run.append('pending', trajectory)
      return
    }
    const searched = remember(trajectory)
    // In this order: a search that is killed in between is found among the trajectories.
    if (searched.kept) await run.append('trajectories', trajectory)
    await run.append('metrics', searched)
    done.set(key, searched)
  }
  function tell(trajectory: Trajectory): void {
    const searched = done.get(keyOf(trajectory))
    if (searched !== undefined) count(searched)
    else progress[trajectory.end === 'failed' ? 'failed' : 'unjudged']++
    onProgress?.({ ...progress })
  }
  const finish = (trajectory: Trajectory): Promise<Trajectory> => judgeAndKeep(trajectory, judge, keep)
  for await (const { value } of mapAsFinished(pending(run, done), concurrency, finish, stop)) tell(value)
  const searches = searchMany(owed, policy, { profile, maxTurns, seed, concurrency, stop, finish })
  for await (const { trajectory } of searches) tell(trajectory)
  return keys.flatMap((key) => done.get(key) ?? [])
}

/** The kept trajectories of a run, sorted by problem and sample, so that training does not depend on who finished first. */
export async function readCollected(run: Pick<RunFolder, 'read' | 'file'>): Promise<Trajectory[]> {
  const byKey = new Map<string, Trajectory>()
  for await (const trajectory of kept(run)) byKey.set(keyOf(trajectory), trajectory)
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, trajectory]) => trajectory)
}

async function* kept(run: Pick<RunFolder, 'read' | 'file'>): AsyncGenerator<Trajectory, void> {
  for await (const line of run.read('trajectories')) {
    yield parsed(trajectorySchema, line, run.file('trajectories.jsonl'))
  }
}

/** The searches that wait for a verdict, each once. */
async function* pending(run: RunFolder, done: ReadonlyMap<string, Searched>): AsyncGenerator<Trajectory, void> {
  const seen = new Set(done.keys())
  for await (const line of run.read('pending')) {
    const trajectory = parsed(trajectorySchema, line, run.file('pending.jsonl'))
    const key = keyOf(trajectory)
    if (!seen.has(key)) yield trajectory
    seen.add(key)
  }
}

function keyOf({ problem, sampleIndex }: Trajectory): string {
  return searchKey(problem, sampleIndex)
}

function remember(trajectory: Trajectory): Searched {
  const { problem, sampleIndex, end, turns, verdict } = trajectory
  const { dataSource, docId, level } = problem
  const labels = labelsOf(patternsOf(trajectory))
  return { dataSource, docId, sampleIndex, level, end, turns: turns.length, kept: verdict?.kind === 'correct', labels }
}

/** What the run remembers, by key. A kept trajectory whose line is missing gets it now. */
async function stored(run: RunFolder): Promise<Map<string, Searched>> {
  const done = new Map<string, Searched>()
  for await (const line of run.read('metrics')) {
    const searched = parsed(searchedSchema, line, run.file('metrics.jsonl'))
    done.set(searchKey(searched, searched.sampleIndex), searched)
  }
  for await (const trajectory of kept(run)) {
    const key = keyOf(trajectory)
    if (done.has(key)) continue
    done.set(key, remember(trajectory))
    await run.append('metrics', done.get(key))
  }
  return done
}

function parsed<T>(schema: z.ZodType<T>, line: unknown, file: string): T {
  const { data, error } = schema.safeParse(line)
  if (data !== undefined) return data
  throw new MiniO3Error(
    'collection-unreadable',
    `A line in ${file} is not what this version writes. Name another folder with --run.`,
    { cause: error },
  )
}
