/** Writes searches as one page, with originals, crops and views scaled to fit a size budget. */
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import { withHandVerdict } from '../protocol/note.ts'
import type { SearchNote } from '../protocol/note.ts'
import { originalOf, picturesOf } from '../protocol/originals.ts'
import type { Pictured } from '../protocol/originals.ts'
import { isChanged } from '../protocol/orientation.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Observation, Trajectory } from '../protocol/trajectory.ts'
import type { TurnTokens } from '../protocol/turn-record.ts'
import { itemAt } from '../shared/known.ts'
import { counted } from '../shared/numbers.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { dataUrl, encodeJpeg, encodePng } from '../vision/encode.ts'
import { atMost } from '../vision/fit.ts'
import { storedView } from '../vision/observation-view.ts'
import type { Picture, Pixels } from '../vision/picture.ts'
import { region } from '../vision/region.ts'
import { dataFile } from './data-file.ts'
import { cropSide, originalSide, tokensNotStored } from './page-data.ts'
import type { SearchesData, ShownTokens, SitePlace, StoredPictures, StoredSearch } from './page-data.ts'
import { endText, shown } from './step.ts'

export interface SearchToShow extends Pictured<Picture> {
  /** Short title, such as `easy`. */
  readonly title: string
  readonly trajectory: Trajectory
  /** The profile of the search, which determines its views. */
  readonly profile: Profile
  readonly note?: SearchNote
  /** Of a search of training; null if they were not stored. */
  readonly tokens?: readonly TurnTokens[] | null | undefined
  /** The address of a page where it can be searched again. */
  readonly again?: string | undefined
}

/** Below it, pictures are not made any smaller. */
const smallestSide = 64
/** Budget for all pictures of a page. Each picture gets a share and is scaled down to fit it. */
const budgetBytes = 16 * 1024 ** 2
/** Budget for the tokens of all searches of a page, as JSON. */
const tokenBytes = 2 * 1024 ** 2

/** Writes a self-contained page for one or more searches, atomically. */
export async function writePage(
  path: string,
  title: string,
  searches: readonly SearchToShow[],
  { notes = [], site }: { readonly notes?: readonly string[]; readonly site?: SitePlace } = {},
): Promise<void> {
  const stored: StoredSearch[] = []
  for (const search of searches) {
    const pictures = await drawn(search, budgetBytes / searches.length)
    const tokens = shownTokens(search, tokenBytes / searches.length)
    stored.push({
      name: search.title,
      trajectory: shortened(search.trajectory),
      pictures,
      ...(search.note && { note: search.note }),
      ...(tokens !== undefined && { tokens }),
      ...(search.again !== undefined && { again: search.again }),
    })
  }
  const data: SearchesData = { kind: 'searches', notes, searches: stored, ...(site && { site }) }
  await replaceFile(path, await dataFile(title, data, [...notes, ...searches.map(plainText)].map(shown)))
}

function plainText({ title, trajectory, note }: SearchToShow): string {
  const { problem, answer, verdict, turns } = withHandVerdict(trajectory, note)
  const truth = problem.answer === undefined ? '' : `, truth ${problem.answer}: ${verdict?.kind}`
  return `${title}. ${problem.question} ${answer ?? '–'}${truth} (${endText(trajectory)}, ${counted(turns.length, 'turn', 'turns')})`
}

/** Tokens belong to whole texts. */
function shownTokens({ trajectory, tokens }: SearchToShow, bytes: number): ShownTokens | undefined {
  if (tokens === null) return tokensNotStored
  if (tokens === undefined) return undefined
  if (trajectory.turns.some(({ text }) => shown(text) !== text))
    return 'The log-probabilities of this search are not in this file, since its texts are shortened here.'
  return JSON.stringify(tokens).length <= bytes
    ? tokens
    : 'The log-probabilities of this search are not in this file, which they would make too large.'
}

/** A reply can be megabytes long. */
function shortened(trajectory: Trajectory): Trajectory {
  return JSON.parse(JSON.stringify(trajectory, (_, value) => (typeof value === 'string' ? shown(value) : value)))
}

/** Renders the pictures; a quarter of the bytes is for the originals. */
async function drawn(search: SearchToShow, bytes: number): Promise<StoredPictures> {
  const { observations } = search.trajectory
  const pictures = picturesOf(search)
  const part = (picture: Picture, boxPx: PixelBox, side: number, most: number): Promise<string> =>
    jpeg((size) => picture.region(boxPx, size, 'area'), boxSize(boxPx), side, most)
  const wholes: string[] = []
  for (const picture of pictures) {
    const whole = pixelBox(0, 0, picture.width, picture.height)
    wholes.push(await part(picture, whole, originalSide, bytes / 4 / pictures.length))
  }
  const each = (bytes * 3) / 4 / (2 * observations.length)
  const crops: (string | null)[] = []
  const views: (string | null)[] = []
  for (const observation of observations) {
    const picture = itemAt(pictures, originalOf(observation, observations))
    crops.push(observation.parent === null ? null : await part(picture, observation.boxInOriginalPx, cropSide, each))
    views.push(await viewOf(picture, search, observation, each))
  }
  return { original: itemAt(wholes, 0), furtherOriginals: wholes.slice(1), crops, views }
}

/** The exact pixels that the policy saw, unless they exceed the budget. */
async function viewOf(
  picture: Picture,
  { trajectory, profile }: SearchToShow,
  observation: Observation,
  bytes: number,
): Promise<string | null> {
  const { view, boxInOriginalPx, askedPx } = observation
  const reduced = Math.max(view.width, view.height) > cropSide
  const { width, height } = boxSize(boxInOriginalPx)
  const asItIs = askedPx === undefined && !isChanged(observation, trajectory.observations)
  if (reduced && asItIs && Math.max(width, height) >= cropSide) return null
  const pixels = await storedView(picture, trajectory, observation.index, profile)
  const png = reduced ? undefined : await encodePng(pixels)
  if (png !== undefined && png.length <= bytes) return dataUrl(png, 'png')
  const whole = pixelBox(0, 0, pixels.width, pixels.height)
  return jpeg((size) => region(pixels, whole, size, 'area'), pixels, cropSide, bytes)
}

async function jpeg(draw: (size: Size) => Promise<Pixels>, size: Size, side: number, bytes: number): Promise<string> {
  const encoded = await encodeJpeg(await draw(atMost(size, side)), 82)
  if (encoded.length <= bytes || side <= smallestSide) return dataUrl(encoded, 'jpeg')
  return jpeg(draw, size, side / 2, bytes)
}
