/** A map from searches to values. Of a million searches, one key for each would take more memory than what is known about them. */
import type { Problem } from '../protocol/problem.ts'
import { searchKey } from '../runs/searches.ts'

type ProblemName = Pick<Problem, 'dataSource' | 'docId'>

export class BySearch<T> {
  /** By problem, the values by sample; samples may be missing. */
  readonly #problems = new Map<string, T[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(problem: ProblemName, sampleIndex: number): T | undefined {
    return this.#problems.get(searchKey(problem, 0))?.[sampleIndex]
  }

  has(problem: ProblemName, sampleIndex: number): boolean {
    return this.get(problem, sampleIndex) !== undefined
  }

  set(problem: ProblemName, sampleIndex: number, value: T): void {
    const key = searchKey(problem, 0)
    let own = this.#problems.get(key)
    if (own === undefined) this.#problems.set(key, (own = []))
    if (own[sampleIndex] === undefined) this.#size++
    own[sampleIndex] = value
  }

  *values(): Generator<T, void> {
    for (const own of this.#problems.values()) yield* Object.values(own)
  }
}
