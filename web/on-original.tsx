/** Restricts a search about several pictures to one of them, and offers the choice of picture. */
import { stepsOf, refusedSource } from '../src/page/step.ts'
import { isChanged } from '../src/protocol/orientation.ts'
import { originalOf, picturesOf } from '../src/protocol/originals.ts'
import { sourceAt } from '../src/protocol/source.ts'
import { itemAt } from '../src/shared/known.ts'
import type { PictureUrls, SearchEntry, ShownSearch } from './shown-search.ts'

/** The search as it appears on picture `original`: turns that looked at other pictures have no overlays. */
export function onOriginal({ search, urls }: SearchEntry, original: number): SearchEntry {
  const picture = picturesOf(search)[original]
  if (search.furtherPictures === undefined || picture === undefined) return { search, urls }
  const { observations } = search
  const turns = stepsOf(search).map((step) => {
    const place = step.observation ?? refusedSource(search, step)
    if (place !== undefined && originalOf(place, observations) === original) return step.turn
    const { observation: _observation, action: _action, error: _error, ...rest } = step.turn
    return rest
  })
  const { targetBoxRel: _box, targetBoxesRel: _boxes, ...untargeted } = search.problem
  const problem = original === 0 ? search.problem : untargeted
  const region: PictureUrls['region'] = (side, box) => urls.region(side, box, original)
  return { search: { ...search, picture, problem, turns }, urls: { ...urls, region } }
}

/** The picture of the newest look up to a turn. */
export function originalAt(search: ShownSearch, turn: number): number {
  const look = stepsOf(search).findLast(({ number, observation }) => observation && (turn === 0 || number <= turn))
  return turn > 0 && look?.observation ? originalOf(look.observation, search.observations) : 0
}

interface Props extends SearchEntry {
  readonly original: number
  readonly onOriginal: (original: number) => void
}

export function PictureBar({ search, urls, original, onOriginal }: Props) {
  const pictures = picturesOf(search)
  if (pictures.length === 1) return null
  return (
    <div class="group" role="group" aria-label="Pictures of the question">
      {pictures.map((_, index) => (
        <button key={index} type="button" aria-pressed={index === original} onClick={() => onOriginal(index)}>
          <img class="thumbnail" src={urls.region(64, undefined, index)} alt="" /> {sourceAt(index, pictures.length)}
        </button>
      ))}
    </div>
  )
}

/** A picture of an observation: as a tool showed it, or else its region. */
export function thumbnailOf(urls: PictureUrls, search: ShownSearch, index: number, side: number): string {
  const changed = isChanged(itemAt(search.observations, index), search.observations)
  return changed ? urls.view(index) : regionOf(urls, search, index, side)
}

/** URL of an observation: its box on its picture. */
export function regionOf(urls: PictureUrls, search: ShownSearch, index: number, side: number): string {
  const observation = itemAt(search.observations, index)
  return urls.region(side, observation.boxInOriginalPx, originalOf(observation, search.observations))
}
