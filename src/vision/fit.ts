/** The size at which a policy sees a region: the released loop's arithmetic, or a fixed size. */
import { boxSize } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import type { Profile, ViewRule } from '../protocol/profile.ts'
import { roundHalfEven } from './image-tokens.ts'
import type { Picture, Pixels } from './picture.ts'

/**
 * The size of the view of a region of `size` pixels (reference 5.3). A budget is met to within rounding: sides are cut to
 * whole pixels, and the last two steps, for very thin regions, may leave the pixel range again.
 */
export function fitSize(size: Size, rule: ViewRule): Size {
  if (rule.kind === 'exact') return { width: rule.width, height: rule.height }
  if (rule.kind === 'grid') return onGrid(size, rule)
  let { width, height } = size
  if (width * height > rule.maxPixels) {
    const factor = Math.sqrt(rule.maxPixels / (width * height))
    width = Math.trunc(width * factor)
    height = Math.trunc(height * factor)
  }
  if (width * height < rule.minPixels) {
    const factor = Math.sqrt(rule.minPixels / (width * height))
    width = Math.trunc(width * factor)
    height = Math.trunc(height * factor)
  }
  if (Math.min(width, height) < rule.minSide) {
    const factor = rule.minSide / Math.min(width, height)
    width = Math.trunc(width * factor + 1)
    height = Math.trunc(height * factor + 1)
  }
  if (rule.maxAspect !== null) {
    const wanted = rule.maxAspect * 0.95 // 190 for the released loop's 200
    if (width / height >= rule.maxAspect) height = Math.trunc(width / wanted + 1)
    else if (height / width >= rule.maxAspect) width = Math.trunc(height / wanted + 1)
  }
  return { width, height }
}

/** The rounding of Qwen's own tools: the nearest multiples of the cell, enlarged or shrunk together beyond the pixel range. */
function onGrid({ width, height }: Size, { cell, minPixels, maxPixels }: Extract<ViewRule, { kind: 'grid' }>): Size {
  const near = (side: number): number => Math.max(cell, roundHalfEven(side / cell) * cell)
  const pixels = near(width) * near(height)
  if (pixels > maxPixels) {
    const factor = Math.sqrt((width * height) / maxPixels)
    const down = (side: number): number => Math.max(cell, Math.floor(side / factor / cell) * cell)
    return { width: down(width), height: down(height) }
  }
  if (pixels < minPixels) {
    const factor = Math.sqrt(minPixels / (width * height))
    const up = (side: number): number => Math.ceil((side * factor) / cell) * cell
    return { width: up(width), height: up(height) }
  }
  return { width: near(width), height: near(height) }
}

/** The rule by which a search shows its observation `index`; 0 is the original picture. */
export function viewRule(profile: Profile, index: number): ViewRule {
  return index === 0 ? profile.firstView : profile.observationView
}

/** What a policy sees of the box `boxPx`: its pixels, fitted by `rule`. */
export function view(picture: Picture, boxPx: PixelBox, rule: ViewRule): Promise<Pixels> {
  return picture.region(boxPx, fitSize(boxSize(boxPx), rule), rule.resampler)
}
