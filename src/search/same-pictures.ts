/** Checks that a resumed run still has the pictures it started with. */
import type { PictureReading } from '../protocol/rules.ts'
import { UserError } from '../shared/errors.ts'
import { mapLimit } from '../shared/map-limit.ts'
import { searchKey } from '../runs/searches.ts'
import type { Picture } from '../vision/picture.ts'
import { openersOf } from './owed-samples.ts'
import type { WantedProblem } from './owed-samples.ts'

/** Picture hashes by the key of the problem's first search. */
export type SearchedPictures = ReadonlyMap<string, string>

/** Problems compared at most, spread evenly over the set: opening every picture could take hours. */
const mostCompared = 1000
const atOnce = 4

/** Identifies the pictures of a problem; for a single picture, its hash. */
export function picturesId(pictures: readonly Pick<Picture, 'sha256'>[]): string {
  return pictures.map(({ sha256 }) => sha256).join(' ')
}

/** Throws `UserError` if the picture of a problem differs from the one that its stored searches used. */
export async function checkSamePictures(
  searched: SearchedPictures,
  problems: readonly WantedProblem[],
  reading: PictureReading,
): Promise<void> {
  const known = problems.filter(({ problem }) => searched.has(searchKey(problem, 0)))
  const every = Math.ceil(known.length / mostCompared)
  await mapLimit(
    known.filter((_, index) => index % every === 0),
    atOnce,
    async (wanted) => {
      const { problem } = wanted
      // A picture that cannot be opened is reported when it is needed.
      const opened = Promise.all(openersOf(wanted).map((open) => open(reading)))
      const pictures = await opened.catch(() => undefined)
      if (pictures === undefined || picturesId(pictures) === searched.get(searchKey(problem, 0))) return
      throw new UserError(
        'picture-exchanged',
        `The picture of ${problem.dataSource}/${problem.docId} has changed since this run searched it. ` +
          'Restore the earlier picture, or name another folder with --run.',
      )
    },
  )
}
