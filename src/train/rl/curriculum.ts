/**
 * Which problems a step draws: evenly, as the released training does, or by a curriculum that draws those less often whose searches
 * lately all had one reward, since they teach nothing. What the curriculum remembers is kept in the run, a line a step, and read back
 * up to the checkpoint: a run that goes on draws the same problems.
 */
import type { Level } from '../../protocol/problem.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { solvedLog } from '../../runs/training.ts'
import type { GroupScore } from '../../runs/training.ts'
import { UserError } from '../../shared/errors.ts'
import { entriesOf } from '../../shared/fields.ts'
import { lastOf } from '../../shared/known.ts'
import { sum } from '../../shared/numbers.ts'
import { random } from '../../shared/random.ts'

/**
 * - `even`: every problem of a level alike.
 * - `spread`: a problem counts half as much for each time in a row that all of its searches were right, or none was.
 */
export const curricula = ['even', 'spread'] as const
export type Curriculum = (typeof curricula)[number]

/** Minimum weight of a problem, since problems that were too hard or too easy may no longer be. */
const leastWeight = 1 / 8

/** A problem by its place among those of its level. */
export interface DrawnPlace {
  readonly level: Level
  readonly index: number
}

export interface ProblemMemory {
  /** Takes in what the searches of a step came to. */
  learn(problems: readonly GroupScore[]): void
  weightOf(place: DrawnPlace): number
  /** Problems that count less than others. */
  settled(): number
}

export function problemMemory(): ProblemMemory {
  /** How often in a row, up to its last search, a problem's searches had one reward. */
  const streaks = new Map<string, number>()
  return {
    learn(problems) {
      for (const { right, searches, ...place } of problems) {
        const name = nameOf(place)
        if (right > 0 && right < searches) streaks.delete(name)
        else streaks.set(name, (streaks.get(name) ?? 0) + 1)
      }
    },
    weightOf: (place) => Math.max(leastWeight, 0.5 ** (streaks.get(nameOf(place)) ?? 0)),
    settled: () => streaks.size,
  }
}

/** As it was at the step up to which the log of the run reaches. */
export async function readMemory(run: RunFolder): Promise<ProblemMemory> {
  const memory = problemMemory()
  for await (const { problems } of run.read(solvedLog)) memory.learn(problems)
  return memory
}

function nameOf({ level, index }: DrawnPlace): string {
  return `${level} ${index}`
}

export interface DrawOptions {
  readonly count: number
  /** Share of each level. */
  readonly mix: Readonly<Record<Level, number>>
  /** How many problems each level has. */
  readonly sizes: Readonly<Record<Level, number>>
  /** Absent: all count the same. */
  readonly weightOf?: ProblemMemory['weightOf'] | undefined
}

/** A level by the mix, then one of its problems, `count` times, all by the seeds. Throws `UserError` for a level without problems. */
export function drawPlaces({ count, mix, sizes, weightOf }: DrawOptions, seeds: readonly number[]): DrawnPlace[] {
  const rng = random('rl-problems', ...seeds)
  const shares = entriesOf(mix)
  const total = sum(shares.map(([, share]) => share))
  const sumsByLevel = new Map<Level, readonly number[]>()
  function weighted(level: Level, weight: ProblemMemory['weightOf']): number {
    const sums = sumsByLevel.get(level) ?? runningSums(sizes[level], (index) => weight({ level, index }))
    sumsByLevel.set(level, sums)
    const wanted = rng.next() * lastOf(sums)
    return sums.findIndex((upTo) => upTo > wanted)
  }
  return Array.from({ length: count }, () => {
    let left = rng.next() * total
    const level = shares.find(([, share]) => (left -= share) < 0)?.[0] ?? lastOf(shares)[0]
    if (sizes[level] === 0) {
      throw new UserError(
        'no-problems',
        `The mix contains ${level} problems, but the data have none. Build some or change the mix.`,
      )
    }
    return { level, index: weightOf ? weighted(level, weightOf) : rng.int(sizes[level]) }
  })
}

function runningSums(count: number, valueAt: (index: number) => number): number[] {
  let total = 0
  return Array.from({ length: count }, (_, index) => (total += valueAt(index)))
}
