/** The control that shuffles crops: each crop of a search is replaced by one that a search of another problem was shown. */
import type { Message, View } from '../../policy/policy.ts'
import { originalCount, originalOf, picturesOf } from '../../protocol/originals.ts'
import type { Problem } from '../../protocol/problem.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { keyOf, searchKey } from '../../runs/searches.ts'
import { indexSearches } from '../../runs/search-index.ts'
import { defined, itemAt } from '../../shared/known.ts'
import { random } from '../../shared/random.ts'
import { observationView, viewKey } from '../../vision/observation-view.ts'
import { openProblem } from '../owed-samples.ts'
import type { WantedProblem } from '../owed-samples.ts'
import type { OpenRetell } from './controlled-policy.ts'

/** A search whose crops can be shown elsewhere. */
interface Donor {
  readonly key: string
  readonly pictures: ReadonlySet<string>
}

/**
 * Crops of the finished run in `folder`, of these problems under this profile. The n-th crop of a search becomes the n-th crop of its
 * donor, which is drawn by the seed of the search; a donor with fewer crops starts again. Donors have other pictures, so that no crop can
 * show the answer. Undefined if no search zoomed, or all were about the same picture.
 */
export async function otherCrops(
  folder: string,
  problems: readonly WantedProblem[],
  profile: Profile,
): Promise<OpenRetell | undefined> {
  const byName = new Map(problems.map((wanted) => [searchKey(wanted.problem, 0), wanted]))
  const own = new Map<string, ReadonlySet<string>>()
  const donors = new Map<string, Donor>()
  const index = await indexSearches(folder, (trajectory) => {
    const pictures = new Set(picturesOf(trajectory).map(({ sha256 }) => sha256))
    const name = searchKey(trajectory.problem, 0)
    own.set(name, pictures)
    const key = keyOf(trajectory)
    if (byName.has(name) && cropsOf(trajectory).length > 0) donors.set(key, { key, pictures })
    else donors.delete(key)
  })
  // In an order that does not depend on which search finished first.
  const sorted = [...donors.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  if (new Set(sorted.map(({ pictures }) => [...pictures].join(' '))).size < 2) return undefined

  async function draw(problem: Problem, seed: number): Promise<readonly View[]> {
    const pictures = own.get(searchKey(problem, 0))
    const first = random('other crops', problem.dataSource, problem.docId, seed).int(sorted.length)
    const donor = [...sorted.slice(first), ...sorted.slice(0, first)].find(
      (one) => ![...one.pictures].some((sha256) => pictures?.has(sha256)),
    )
    for await (const trajectory of index.readAll([defined(donor, 'a search about another picture').key])) {
      return viewsOfCrops(trajectory)
    }
    throw new Error('the search has gone from the run')
  }

  async function viewsOfCrops(trajectory: Trajectory): Promise<View[]> {
    const { problem, observations } = trajectory
    const opened = picturesOf(await openProblem(defined(byName.get(searchKey(problem, 0)), problem.docId), profile))
    return cropsOf(trajectory).map((crop) => {
      const picture = itemAt(opened, originalOf(crop, observations))
      return {
        pixels: () => observationView(picture, crop, observations, profile),
        key: viewKey(picture, crop, observations, profile),
        boxPx: crop.boxInOriginalPx,
      }
    })
  }

  return (problem, seed) => {
    let views: Promise<readonly View[]> | undefined
    let shown = -1
    let last: number | undefined
    return async (message: Message) => {
      if (message.kind !== 'observation') return message
      views ??= draw(problem, seed)
      // A message that is asked again shows the same crop.
      if (message.index !== last) shown++
      last = message.index
      const crops = await views
      return { ...message, view: itemAt(crops, shown % crops.length) }
    }
  }
}

function cropsOf({ observations }: Trajectory): Trajectory['observations'] {
  return observations.slice(originalCount(observations))
}
