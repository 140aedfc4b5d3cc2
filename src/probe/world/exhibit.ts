/** Exhibits before they have a place, and their parts laid out around an icon of a given size. */
import { pixelBox } from '../../protocol/box.ts'
import type { PixelBox } from '../../protocol/box.ts'
import { textWidth } from './font.ts'
import type { Icon } from './icons.ts'
import { union } from './place.ts'
import { sides } from './scene.ts'
import type { Exhibit, FrameShape, Side, Sticker, WorldColour } from './scene.ts'

export interface ExhibitPlan extends Icon {
  readonly frame: { readonly shape: FrameShape; readonly colour: WorldColour }
  readonly flag?: WorldColour
  readonly text?: string
  readonly style: number
  /** The plain stickers around it. */
  readonly around?: Readonly<Record<Side, Icon>>
}

/** Lengths in sides of the icon. A frame has room for the icon's corners. */
const frameSide: Readonly<Record<FrameShape, number>> = {
  round: 1.75,
  square: 1.55,
  hexagonal: 1.9,
  'diamond-shaped': 2.3,
}
const flagSize = { pole: 0.85, width: 0.8, height: 0.5 }
const letters = { height: 0.36, above: 0.18, beside: 0.25, gap: 0.1 }
const neighbourGap = 0.75

/** The plan with its icon's middle at `(x, y)` and the icon `side` pixels wide. */
export function layExhibit(plan: ExhibitPlan, side: number, x: number, y: number): Exhibit {
  const { icon, drawing, frame, flag, text, style, around } = plan
  const box = (x0: number, y0: number, x1: number, y1: number): PixelBox =>
    pixelBox(Math.round(x0), Math.round(y0), Math.round(x1), Math.round(y1))
  const square = (cx: number, cy: number, width: number): PixelBox =>
    box(cx - width / 2, cy - width / 2, cx + width / 2, cy + width / 2)
  const reach = (frameSide[frame.shape] / 2) * side
  const parts: Mutable<Partial<Exhibit>> & Pick<Exhibit, 'iconBox' | 'frame'> = {
    iconBox: square(x, y, side),
    frame: { ...frame, box: square(x, y, reach * 2) },
  }
  if (flag) {
    const top = y - reach - flagSize.pole * side
    const flagBox = box(x, top, x + flagSize.width * side, top + flagSize.height * side)
    parts.flag = { colour: flag, box: flagBox }
  }
  if (text !== undefined) {
    const textPx = Math.round(letters.height * side)
    const half = textWidth(text, textPx) / 2 + letters.beside * side
    const top = y + reach + letters.gap * side
    const signBox = box(x - half, top, x + half, top + (letters.height + 2 * letters.above) * side)
    parts.sign = { text, style, textPx, box: signBox }
  }
  if (around) {
    const far = reach + (neighbourGap + 0.5) * side
    const steps = { left: [-1, 0], right: [1, 0], above: [0, -1], below: [0, 1] } as const
    const at = (name: Side): Sticker => {
      const [dx, dy] = steps[name]
      return { ...around[name], box: square(x + dx * far, y + dy * far, side) }
    }
    parts.around = { left: at('left'), right: at('right'), above: at('above'), below: at('below') }
  }
  const boxes = [parts.frame.box, parts.flag?.box, parts.sign?.box].filter((part) => part !== undefined)
  return { icon, drawing, ...parts, box: union(boxes) }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A plate under a plain sticker reaches this far beyond its box, in sides. */
export const plateReach = 0.2

/** Everything that belongs to an exhibit, its surroundings too. */
export function wholeBox({ box, around, iconBox }: Exhibit): PixelBox {
  if (!around) return box
  const margin = Math.ceil((iconBox[2] - iconBox[0]) * plateReach)
  const whole = union([box, ...sides.map((name) => around[name].box)])
  return pixelBox(whole[0] - margin, whole[1] - margin, whole[2] + margin, whole[3] + margin)
}
