/**
 * Selects the cold-start set from the right searches: up to the target number, with limits on the shares of guesses and repetitions. It
 * depends only on the searches and the order of their problems. Pure.
 */
import type { z } from 'zod'
import { intersectionOverUnion } from '../protocol/box.ts'
import type { PixelBox } from '../protocol/box.ts'
import { originalOf } from '../protocol/originals.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import type { selectionRulesSchema } from '../runs/configuration.ts'
import { itemAt } from '../shared/known.ts'

export type SelectionRules = z.infer<typeof selectionRulesSchema>

/** The input of the rules. */
export interface Candidate {
  readonly key: string
  /** Equal for all searches of one problem that looked at the same sequence of its pictures. */
  readonly problem: string
  readonly turns: number
  /** Its looks, in pixels of the original. */
  readonly boxes: readonly PixelBox[]
}

export function candidateOf(key: string, { problem, turns, observations }: Trajectory): Candidate {
  const crops = observations.filter(({ parent }) => parent !== null)
  const boxes = crops.map(({ boxInOriginalPx }) => boxInOriginalPx)
  const looked = crops.length < observations.length - 1 ? crops.map((crop) => originalOf(crop, observations)) : []
  const { dataSource, docId } = problem
  return { key, problem: JSON.stringify([dataSource, docId, ...looked]), turns: turns.length, boxes }
}

export interface Selection {
  /** Adds the next right search, in the order of problems and samples. */
  add(candidate: Candidate): void
  /** Whether the target is reached, so that further searches change nothing. */
  full(): boolean
  /** The keys of the set. */
  keys(): ReadonlySet<string>
}

type Limited = 'single-turn' | 'duplicate'

/** A search over its share waits until enough others have been added. */
export function startSelection({ target, maxSingleTurn = 1, maxDuplicates = 1 }: SelectionRules): Selection {
  const shares = { 'single-turn': maxSingleTurn, duplicate: maxDuplicates }
  const waiting: Record<Limited, string[]> = { 'single-turn': [], duplicate: [] }
  const taken: Record<Limited, number> = { 'single-turn': 0, duplicate: 0 }
  const seenOf = new Map<string, Candidate[]>()
  const keys = new Set<string>()
  const full = (): boolean => keys.size === target

  function kindOf(candidate: Candidate): Limited | undefined {
    if (candidate.boxes.length === 0) return 'single-turn'
    const seen = seenOf.get(candidate.problem) ?? []
    if (seen.some((other) => nearlySame(other, candidate))) return 'duplicate'
    seenOf.set(candidate.problem, [...seen, candidate])
    return undefined
  }

  return {
    add(candidate) {
      if (full()) return
      const kind = kindOf(candidate)
      if (kind === undefined) keys.add(candidate.key)
      else waiting[kind].push(candidate.key)
      for (const limited of ['single-turn', 'duplicate'] as const) {
        const room = (): boolean => taken[limited] + 1 <= shares[limited] * (keys.size + 1)
        while (!full() && waiting[limited].length > 0 && room()) {
          for (const key of waiting[limited].splice(0, 1)) keys.add(key)
          taken[limited]++
        }
      }
    },
    full,
    keys: () => keys,
  }
}

/** Two sequences of boxes count as equal from this mean overlap on. */
const sameOverlap = 0.9

/** Equal numbers of turns and looks, with each pair of looks at nearly the same place. */
export function nearlySame(a: Candidate, b: Candidate): boolean {
  if (a.turns !== b.turns || a.boxes.length !== b.boxes.length) return false
  const total = a.boxes.reduce((sum, box, i) => sum + intersectionOverUnion(box, itemAt(b.boxes, i)), 0)
  return total >= sameOverlap * a.boxes.length
}
