/** Converts the box of a call to a pixel region, with the arithmetic of the released loop and of its peers. Pure. */
import { boxSize, pixelBox } from './box.ts'
import type { PixelBox, RelativeBox, Size } from './box.ts'
import type { Profile } from './profile.ts'
import { roundHalfEven } from '../shared/round.ts'
import { infiniteText } from './python-list.ts'
import { turnError } from './turn-error.ts'
import type { TurnError } from './turn-error.ts'
import { originalSource } from './source.ts'
import { itemAt } from '../shared/known.ts'

/** A crop is refused if one side is at least this many times the other. */
const maxCropAspect = 200

/** Pillow refuses crops with more pixels. */
const maxCropPixels = 178_956_970

/** `sides`: the size before rounding, for profiles that compute the view size from it. */
export type ResolvedBox = { readonly boxPx: PixelBox; readonly sides?: Size } | TurnError

/**
 * The region of a source of `size` pixels, by the profile's crop rule. Corners are not swapped; the box is clipped to the source. Never
 * throws.
 */
export function resolveBox(boxRel: RelativeBox, size: Size, profile: Pick<Profile, 'errorText' | 'crop'>): ResolvedBox {
  const { width, height } = size
  const { edges, padding, minSide, leastSide = 0 } = profile.crop
  const [rx0, ry0, rx1, ry1] = boxRel
  const asked = [
    (rx0 - padding) * width,
    (ry0 - padding) * height,
    (rx1 + padding) * width,
    (ry1 + padding) * height,
  ] as const
  const corners = leastSide === 0 ? asked : enlarged(asked, leastSide, size)
  if (!corners.every(Number.isFinite)) {
    const detail = profile.errorText === 'official' ? infiniteText : listText(boxRel)
    return turnError('bad-box', profile.errorText, detail)
  }
  if (edges === 'beyond') return boxBeyond(corners, profile)
  const whole = wholeBy[edges]
  const margin = edges === 'inner' ? 1 : 0
  const x0 = Math.max(whole(corners[0]), 0)
  const y0 = Math.max(whole(corners[1]), 0)
  const x1 = Math.min(whole(corners[2]), width - margin)
  const y1 = Math.min(whole(corners[3]), height - margin)
  const unfit = (code: TurnError['code']): TurnError => turnError(code, profile.errorText, listText([x0, y0, x1, y1]))
  if (x0 > x1 - 1) return unfit('empty-width')
  if (y0 > y1 - 1) return unfit('empty-height')
  if (Math.min(x1 - x0, y1 - y0) < minSide) return unfit('too-small')
  const aspect = Math.max((x1 - x0) / (y1 - y0), (y1 - y0) / (x1 - x0))
  // Qwen's tools only refuse ratios above the limit.
  if (edges === 'even' ? aspect > maxCropAspect : aspect >= maxCropAspect) return unfit('too-thin')
  return { boxPx: pixelBox(x0, y0, x1, y1) }
}

type Corners = readonly [number, number, number, number]

/** Enlarges both sides by one factor, like Qwen's tool, which keeps the box unchanged if the picture has no room for it. */
function enlarged([x0, y0, x1, y1]: Corners, leastSide: number, { width, height }: Size): Corners {
  const [left, top, right, bottom] = [Math.max(0, x0), Math.max(0, y0), Math.min(width, x1), Math.min(height, y1)]
  const shorter = Math.min(right - left, bottom - top)
  if (!(shorter > 0) || shorter >= leastSide) return [left, top, right, bottom]
  const half = (side: number): number => Math.ceil((side * leastSide) / shorter / 2)
  const [halfWidth, halfHeight] = [half(right - left), half(bottom - top)]
  const [x, y] = [(left + right) / 2, (top + bottom) / 2]
  const grown = [
    Math.max(0, Math.floor(x - halfWidth)),
    Math.max(0, Math.floor(y - halfHeight)),
    Math.min(width, Math.ceil(x + halfWidth)),
    Math.min(height, Math.ceil(y + halfHeight)),
  ] as const
  const fits = grown[2] - grown[0] >= leastSide && grown[3] - grown[1] >= leastSide
  return fits ? grown : [left, top, right, bottom]
}

/** DeepEyes: any region that Pillow can crop, even outside the picture. A side may be 0, which gives a black picture. */
function boxBeyond(corners: readonly number[], { errorText }: Pick<Profile, 'errorText'>): ResolvedBox {
  // Removes the rounding error from the conversion to fractions, which is far below a millionth of a pixel.
  const corner = (index: number): number => Math.round(itemAt(corners, index) * 1e6) / 1e6
  const [x0, y0, x1, y1] = [corner(0), corner(1), corner(2), corner(3)]
  const boxPx = pixelBox(roundHalfEven(x0), roundHalfEven(y0), roundHalfEven(x1), roundHalfEven(y1))
  const { width, height } = boxSize(boxPx)
  if (x1 < x0) return turnError('empty-width', errorText, listText(boxPx))
  if (y1 < y0) return turnError('empty-height', errorText, listText(boxPx))
  if (width * height > maxCropPixels) return turnError('bad-box', errorText, listText(boxPx))
  return { boxPx, sides: { width: x1 - x0, height: y1 - y0 } }
}

export type ResolvedSource = { readonly index: number } | TurnError

/** The number of pictures shown so far, and how many of them (the first ones) are originals. */
export interface Shown {
  readonly count: number
  readonly originals: number
}

/**
 * The index of the picture that a source names: `original_image` for a single original, numbered if there are several, and
 * `observation_<digits>` for a crop. Text after the digits is ignored and `observation_0` is the original, as in the released loop.
 * Never throws.
 */
export function resolveSource(
  source: string,
  { count, originals }: Shown,
  profile: Pick<Profile, 'errorText' | 'parse' | 'sources'>,
): ResolvedSource {
  if (profile.sources === 'originals') {
    const meant = Number(/^original_image_([0-9]+)$/.exec(source)?.[1] ?? 1) - 1
    return { index: meant < originals ? meant : 0 }
  }
  if (profile.sources === 'counted') {
    const index = Number(/^original_image_([0-9]+)$/.exec(source)?.[1] ?? 1) - 1
    return index < count ? { index } : turnError('no-such-source', profile.errorText, source)
  }
  const strict = profile.parse === 'strict'
  const name = strict ? source : spelledSource(source)
  if (name === originalSource) {
    return originals === 1 ? { index: 0 } : turnError('which-original', profile.errorText, String(originals))
  }
  const [, kind, digits] = /^(observation|original_image)_([0-9]+)/.exec(name) ?? []
  if (kind === undefined || (strict && kind === 'original_image')) {
    return turnError('bad-source', profile.errorText, source)
  }
  const number = Number(digits)
  const index = kind === 'observation' ? originals - 1 + number : number - 1
  const exists = kind === 'observation' ? index < count && (number > 0 || originals === 1) : index < originals
  if (index < 0 || !exists) return turnError('no-such-source', profile.errorText, source)
  return { index }
}

/** As the prompt spells it: models write `Observation 1`, `observation1`, `<obs_1>`, `the original image`, `original.jpg`. */
function spelledSource(source: string): string {
  const words = source.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
  const [, kind = '', digits] =
    /^_?(?:the_)?(obs(?:ervation)?|original)(?:_?(?:image|picture))?_?(?:([0-9]+)|(?![a-z]))/.exec(words) ?? []
  if (kind === '') return source
  if (kind === 'original') return digits === undefined ? originalSource : `${originalSource}_${digits}`
  return `observation_${digits ?? ''}`
}

/** Converts a region of a source shown at size `frame` to whole pixels of the source; never empty. */
export function withinSource(boxPx: PixelBox, frame: Size, source: Size): PixelBox {
  const [x0, x1] = span(boxPx[0], boxPx[2], source.width / frame.width, source.width)
  const [y0, y1] = span(boxPx[1], boxPx[3], source.height / frame.height, source.height)
  return pixelBox(x0, y0, x1, y1)
}

function span(from: number, to: number, scale: number, length: number): readonly [number, number] {
  const start = Math.min(Math.max(nearest(from * scale), 0), length - 1)
  return [start, Math.max(Math.min(nearest(to * scale), length), start + 1)]
}

/** Truncates toward zero; never returns -0. */
function wholePart(value: number): number {
  return Math.trunc(value) + 0
}

/** Rounds to the nearest integer; never returns -0. */
function nearest(value: number): number {
  return Math.round(value) + 0
}

const wholeBy = { inner: wholePart, nearest, even: roundHalfEven } as const

/** Formats a list like Python, with all digits of integers. */
function listText(values: readonly number[]): string {
  return `[${values.map((value) => (Number.isInteger(value) ? BigInt(value) : value)).join(', ')}]`
}
