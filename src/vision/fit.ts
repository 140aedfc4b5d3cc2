/** Computes the size of views: the arithmetic of the released loop and of Qwen's processor, or a fixed size. */
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import { shownSize } from '../protocol/orientation.ts'
import type { Profile, ViewRule } from '../protocol/profile.ts'
import type { Observation } from '../protocol/trajectory.ts'
import type { ToolUse } from '../protocol/view-tools.ts'
import { UserError } from '../shared/errors.ts'
import { roundHalfEven } from '../shared/round.ts'
import type { Picture, Pixels } from './picture.ts'
import { region } from './region.ts'

/**
 * The size of the view of a region of `size` pixels. A budget is met up to rounding: sides are truncated to whole pixels, and the last two
 * steps, for very thin regions, may leave the pixel range again.
 */
export function fitSize(size: Size, rule: ViewRule): Size {
  if (rule.kind === 'exact') return { width: rule.width, height: rule.height }
  if (rule.kind === 'grid') return onGrid(size, rule)
  return budgetSteps(size, rule).at(-1) ?? size
}

/** Whether the unenlarged view has a side below `minSide`; the released loader skips such pictures. */
export function isTooNarrow(size: Size, rule: ViewRule): boolean {
  if (rule.kind !== 'budget') return false
  const { width, height } = budgetSteps(size, { ...rule, minSide: 0 }).at(-1) ?? size
  return Math.min(width, height) < rule.minSide
}

/** The sequence of sizes, one resampling each, by which a region reaches its budget; usually one, none if it already fits. */
function budgetSteps(size: Size, rule: Extract<ViewRule, { kind: 'budget' }>): Size[] {
  const steps: Size[] = []
  let { width, height } = size
  const become = (w: number, h: number): void => {
    width = Math.trunc(w)
    height = Math.trunc(h)
    steps.push({ width, height })
  }
  const widen = (maxAspect: number): void => {
    const wanted = maxAspect * 0.95 // 190 for the released loop's 200
    if (width / height >= maxAspect) become(width, width / wanted + 1)
    else if (height / width >= maxAspect) become(height / wanted + 1, height)
  }
  // Applied before the budget, which the steps for the minimum side would otherwise exceed a thousandfold. The released loop refuses such crops.
  if (rule.maxAspect !== null) widen(rule.maxAspect)
  if (width * height > rule.maxPixels) {
    const factor = Math.sqrt(rule.maxPixels / (width * height))
    become(width * factor, height * factor)
  }
  if (width * height < rule.minPixels) {
    const factor = Math.sqrt(rule.minPixels / (width * height))
    become(width * factor, height * factor)
  }
  if (Math.min(width, height) < rule.minSide) {
    const factor = rule.minSide / Math.min(width, height)
    become(width * factor + 1, height * factor + 1)
  }
  if (rule.maxAspect !== null) widen(rule.maxAspect)
  return steps
}

/** Qwen's processors refuse pictures with a larger aspect ratio. */
const maxGridAspect = 200

/**
 * The rounding of Qwen's tools: nearest multiples of the cell, scaled together if outside the pixel range. A shape that is too thin, or
 * becomes so by rounding, is widened to whole cells.
 */
function onGrid({ width, height }: Size, { cell, minPixels, maxPixels }: Extract<ViewRule, { kind: 'grid' }>): Size {
  const near = (side: number): number => Math.max(cell, roundHalfEven(side / cell) * cell)
  const pixels = near(width) * near(height)
  if (pixels > maxPixels) {
    const factor = Math.sqrt((width * height) / maxPixels)
    const down = (side: number): number => Math.max(cell, Math.floor(side / factor / cell) * cell)
    return notTooThin({ width: down(width), height: down(height) }, cell)
  }
  if (pixels < minPixels) {
    const factor = Math.sqrt(minPixels / (width * height))
    const up = (side: number): number => Math.ceil((side * factor) / cell) * cell
    return notTooThin({ width: up(width), height: up(height) }, cell)
  }
  return notTooThin({ width: near(width), height: near(height) }, cell)
}

function notTooThin({ width, height }: Size, cell: number): Size {
  const least = (other: number): number => Math.ceil(other / maxGridAspect / cell) * cell
  return { width: Math.max(width, least(height)), height: Math.max(height, least(width)) }
}

/** The size of the picture to which boxes on an observation refer. */
export function frameSize(observation: Frame, { frames }: Pick<Profile, 'frames'>): Size {
  const { parent, boxPx, askedPx } = observation
  if (frames === undefined) return shownSize(observation)
  return fitSize(boxSize(askedPx ?? boxPx), parent === null ? frames.first : frames.observation)
}

type Frame = Pick<Observation, 'parent' | 'boxPx' | 'askedPx' | 'made'>

/** The size of the view of a crop of `sides`, cut from its frame if the profile uses frames. */
export function cropViewSize(
  sides: Size,
  { frames, observationView }: Pick<Profile, 'frames' | 'observationView'>,
): Size {
  return fitSize(frames === undefined ? sides : fitSize(sides, frames.observation), observationView)
}

/** The size at which a tool shows a picture whose view has the size `seen`; undefined: it could not be larger. */
export function toolViewSize(seen: Size, use: ToolUse, rule: ViewRule): Size | undefined {
  if (use.tool === 'rotate') return use.degrees === 180 ? seen : { width: seen.height, height: seen.width }
  if (use.tool !== 'enlarge') return seen
  if (rule.kind === 'exact') return undefined
  const by = Math.min(use.factor, Math.sqrt(rule.maxPixels / (seen.width * seen.height)))
  const cell = rule.kind === 'grid' ? rule.cell : 1
  const larger = (side: number): number => Math.floor((side * by) / cell) * cell
  const size = { width: larger(seen.width), height: larger(seen.height) }
  return size.width > seen.width && size.height > seen.height ? size : undefined
}

/** The view rule of an observation: an original picture (without parent) or a crop. */
export function viewRule(profile: Profile, { parent }: Pick<Observation, 'parent'>): ViewRule {
  return parent === null ? profile.firstView : profile.observationView
}

/** Maximum side of a JPEG. */
const maxViewSide = 65_535

/**
 * The view of box `boxPx` by `rule`. Repeated nearest-neighbour resampling differs from a single one, so that resampler performs every step
 * of a budget separately, as the released loop does. Throws UserError `picture-too-thin`.
 */
export async function view(picture: Picture, boxPx: PixelBox, rule: ViewRule): Promise<Pixels> {
  const size = boxSize(boxPx)
  const { width, height } = fitSize(size, rule)
  if (Math.max(width, height) > maxViewSide) {
    const message = `A region of ${size.width}x${size.height} pixels is too thin for this profile, which would show it as ${width}x${height}. Cut the picture into pieces, or use --profile default.`
    throw new UserError('picture-too-thin', message)
  }
  const stepwise = rule.kind === 'budget' && rule.resampler === 'nearest'
  const [first = fitSize(size, rule), ...more] = stepwise ? budgetSteps(size, rule) : []
  let seen = await picture.region(boxPx, first, rule.resampler)
  for (const next of more) seen = await region(seen, pixelBox(0, 0, seen.width, seen.height), next, rule.resampler)
  return seen
}

/** Scales the size down, if necessary, so that its longer side is at most `side`. */
export function atMost({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
