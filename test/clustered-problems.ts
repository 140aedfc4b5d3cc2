/** Simulated results of problems that share pictures: for each picture, 1 to 8 problems that are mostly all right or all wrong. */
import { random } from '../src/shared/random.ts'

/** Right (1) or wrong (0) by picture; every problem is right with chance one half, and so is each picture. */
export function clusteredProblems(pictures: number, seed: number): number[][] {
  const rng = random('clustered problems', seed)
  return Array.from({ length: pictures }, () => {
    const isEasy = rng.chance(0.5)
    return Array.from({ length: 1 + rng.int(8) }, () => (rng.chance(isEasy ? 0.9 : 0.1) ? 1 : 0))
  })
}
