/** The control that shuffles crops: each crop of a search is replaced by one that a search of another problem was shown. */
import type { Message, View } from '../../policy/policy.ts'
import { originalCount, originalOf, picturesOf } from '../../protocol/originals.ts'
import type { Problem } from '../../protocol/problem.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { searchKey } from '../../runs/searches.ts'
import { indexSearches } from '../../runs/search-index.ts'
import type { IndexedSearch } from '../../runs/search-index.ts'
import { defined, itemAt } from '../../shared/known.ts'
import { random } from '../../shared/random.ts'
import { observationView, viewKey } from '../../vision/observation-view.ts'
import { openProblem } from '../owed-samples.ts'
import type { WantedProblem } from '../owed-samples.ts'
import { blackCrops } from './controlled-policy.ts'
import type { OpenRetell } from './controlled-policy.ts'

/** What is kept of a search whose crops may be shown elsewhere. */
interface Donor {
  readonly name: string
  readonly pictures: readonly string[]
  readonly crops: number
}

/**
 * Crops of the finished run in `folder`, of these problems under this profile. The n-th crop of a search becomes the n-th crop of its
 * donor, which is drawn by the seed of the search; a donor with fewer crops starts again. Donors have other pictures, so that no crop can
 * show the answer; where there is none, crops are black. Undefined if no search zoomed, or all were about the same picture.
 */
export async function otherCrops(
  folder: string,
  problems: readonly WantedProblem[],
  profile: Profile,
): Promise<OpenRetell | undefined> {
  const byName = new Map(problems.map((wanted) => [searchKey(wanted.problem, 0), wanted]))
  const index = await indexSearches(folder, ({ trajectory }): Donor => {
    const pictures = picturesOf(trajectory).map(({ sha256 }) => sha256)
    return { name: searchKey(trajectory.problem, 0), pictures, crops: cropsOf(trajectory).length }
  })
  const last = new Map(index.entries.map((entry) => [entry.key, entry]))
  const picturesByName = new Map(index.entries.map(({ kept: { name, pictures } }) => [name, pictures]))
  // In an order that does not depend on which search finished first.
  const donors = [...last.values()]
    .filter(({ kept }) => kept.crops > 0 && byName.has(kept.name))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  if (new Set(donors.map(({ kept }) => kept.pictures.join(' '))).size < 2) return undefined

  function draw(problem: Problem, seed: number): IndexedSearch<Donor> | undefined {
    const own = picturesByName.get(searchKey(problem, 0)) ?? []
    const from = random('other crops', problem.dataSource, problem.docId, seed).int(donors.length)
    for (let step = 0; step < donors.length; step++) {
      const donor = itemAt(donors, (from + step) % donors.length)
      if (!donor.kept.pictures.some((sha256) => own.includes(sha256))) return donor
    }
    return undefined
  }

  async function viewsFor(problem: Problem, seed: number): Promise<readonly View[]> {
    const donor = draw(problem, seed)
    return donor === undefined ? [] : viewsOfCrops(defined(await index.read(donor), `the search ${donor.key}`))
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
      views ??= viewsFor(problem, seed)
      // A message that is asked again shows the same crop.
      if (message.index !== last) shown++
      last = message.index
      const crops = await views
      return crops.length === 0 ? blackCrops(message) : { ...message, view: itemAt(crops, shown % crops.length) }
    }
  }
}

function cropsOf({ observations }: Trajectory): Trajectory['observations'] {
  return observations.slice(originalCount(observations))
}
