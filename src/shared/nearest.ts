/** Finds names that resemble a mistyped one. Pure. */
import { itemAt } from './known.ts'

/** At most `count` of the names, closest first. */
export function nearestNames(name: string, names: readonly string[], count = 5): string[] {
  const wanted = name.toLowerCase()
  const distance = (other: string): number => {
    const candidate = other.toLowerCase()
    // A part of a name, such as a name without its organisation, is closer than any name with similar letters.
    return candidate.includes(wanted) || wanted.includes(candidate) ? 0 : editDistance(wanted, candidate)
  }
  return names
    .map((other) => ({ other, far: distance(other) }))
    .toSorted((a, b) => a.far - b.far)
    .slice(0, count)
    .map(({ other }) => other)
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(
        itemAt(row, j) + 1,
        itemAt(next, j - 1) + 1,
        itemAt(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
    }
    row = next
  }
  return itemAt(row, b.length)
}
