/** From the words of a call to an integer region of a picture: the arithmetic of the released loop (reference 5.5) and of its peers. Pure. */
import { pixelBox } from './box.ts'
import type { PixelBox, RelativeBox, Size } from './box.ts'
import type { Profile } from './profile.ts'
import { infiniteText } from './python-list.ts'
import { turnError } from './turn-error.ts'
import type { TurnError } from './turn-error.ts'

/** A crop is refused when one side is this many times the other, or more. */
const maxCropAspect = 200

export type ResolvedBox = { readonly boxPx: PixelBox } | TurnError

/**
 * The region of a source of `size` pixels, by the profile's rule for crops. Corners are not swapped; what lies outside the source
 * is cut off. Never throws.
 */
export function resolveBox(boxRel: RelativeBox, size: Size, profile: Pick<Profile, 'errorText' | 'crop'>): ResolvedBox {
  const { width, height } = size
  const { edges, padding, minSide } = profile.crop
  const [rx0, ry0, rx1, ry1] = boxRel
  const corners = [
    (rx0 - padding) * width,
    (ry0 - padding) * height,
    (rx1 + padding) * width,
    (ry1 + padding) * height,
  ] as const
  if (!corners.every(Number.isFinite)) {
    const detail = profile.errorText === 'official' ? infiniteText : listText(boxRel)
    return turnError('bad-box', profile.errorText, detail)
  }
  const whole = edges === 'inner' ? wholePart : nearest
  const margin = edges === 'inner' ? 1 : 0
  const x0 = Math.max(whole(corners[0]), 0)
  const y0 = Math.max(whole(corners[1]), 0)
  const x1 = Math.min(whole(corners[2]), width - margin)
  const y1 = Math.min(whole(corners[3]), height - margin)
  const found = listText([x0, y0, x1, y1])
  if (x0 > x1 - 1) return turnError('empty-width', profile.errorText, found)
  if (y0 > y1 - 1) return turnError('empty-height', profile.errorText, found)
  if (Math.min(x1 - x0, y1 - y0) < minSide) return turnError('too-small', profile.errorText, found)
  const aspect = (x1 - x0) / (y1 - y0)
  if (Math.max(aspect, 1 / aspect) >= maxCropAspect) return turnError('too-thin', profile.errorText, found)
  return { boxPx: pixelBox(x0, y0, x1, y1) }
}

export type ResolvedSource = { readonly index: number } | TurnError

/**
 * Which of `count` stored pictures a source names: `original_image` is 0, `observation_<digits>` its number. Junk after
 * the digits is ignored and `observation_0` is the original, as in the released loop. Never throws.
 */
export function resolveSource(
  source: string,
  count: number,
  profile: Pick<Profile, 'errorText' | 'parse'>,
): ResolvedSource {
  const name = profile.parse === 'strict' ? source : source.trim().toLowerCase().replaceAll(/[\s-]/g, '_')
  if (name === 'original_image') return { index: 0 }
  const digits = /^observation_([0-9]+)/.exec(name)
  if (digits === null) return turnError('bad-source', profile.errorText, source)
  const index = Number(digits[1])
  if (index >= count) return turnError('no-such-source', profile.errorText, source)
  return { index }
}

/** A region of a crop as a region of the picture that it was cropped from. */
export function withinParent(boxPx: PixelBox, parentBoxPx: PixelBox): PixelBox {
  const [left, top] = parentBoxPx
  return pixelBox(boxPx[0] + left, boxPx[1] + top, boxPx[2] + left, boxPx[3] + top)
}

/** Truncation toward zero, without a negative zero. */
function wholePart(value: number): number {
  return Math.trunc(value) + 0
}

/** Without a negative zero. */
function nearest(value: number): number {
  return Math.round(value) + 0
}

/** Whole numbers with all of their digits, as the released loop writes them. */
function listText(values: readonly number[]): string {
  return `[${values.map((value) => (Number.isInteger(value) ? BigInt(value) : value)).join(', ')}]`
}
