/** A run that is resumed goes on with the pictures that it began with. */
import type { PictureReading } from '../protocol/rules.ts'
import { UserError } from '../shared/errors.ts'
import { mapLimit } from '../shared/map-limit.ts'
import { searchKey } from '../runs/searches.ts'
import type { Picture } from '../vision/picture.ts'
import { openersOf } from './owed-samples.ts'
import type { WantedProblem } from './owed-samples.ts'

/** By the key of the problem's first search. */
export type SearchedPictures = ReadonlyMap<string, string>

/** Of larger sets as many problems, spread evenly, are compared: opening every picture again would take hours. */
const mostCompared = 1000
const atOnce = 4

/** Which pictures a problem has, in a few words: of one its hash. */
export function picturesId(pictures: readonly Pick<Picture, 'sha256'>[]): string {
  return pictures.map(({ sha256 }) => sha256).join(' ')
}

/** Throws `UserError` where a problem's picture is not `searched`, the hash of the one that its stored searches looked at. */
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
      // One that cannot be opened is told when it is needed.
      const opened = Promise.all(openersOf(wanted).map((open) => open(reading)))
      const pictures = await opened.catch(() => undefined)
      if (pictures === undefined || picturesId(pictures) === searched.get(searchKey(problem, 0))) return
      throw new UserError(
        'picture-exchanged',
        `The picture of ${problem.dataSource}/${problem.docId} is not the one that this run has searched so far. ` +
          'Put the earlier one back, or name another folder with --run.',
      )
    },
  )
}
