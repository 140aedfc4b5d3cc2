/** A world's things as SVG, in pixels of its picture. Only what touches the wanted region is written. */
import type { PixelBox } from '../../protocol/box.ts'
import { random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import { plateReach } from './exhibit.ts'
import { textPath } from './font.ts'
import { iconBody, iconSide } from './icons.ts'
import { grown, overlaps } from './place.ts'
import { sides } from './scene.ts'
import type { Exhibit, FrameShape, Leaf, Rug, Sticker, World, WorldColour } from './scene.ts'
import { leafBox } from './solve.ts'

const worldHex: Readonly<Record<WorldColour, string>> = {
  red: '#d8232a',
  orange: '#f58a1f',
  yellow: '#f7d917',
  green: '#2a9a44',
  blue: '#2459d6',
  purple: '#8e3bc0',
  white: '#ffffff',
  black: '#17171a',
}
const ink = '#33302c'
const paper = '#f7f4ec'
const signStyles = [
  { board: '#fdfdfb', text: '#151515' },
  { board: '#ffd633', text: '#151515' },
  { board: '#0d5c3f', text: '#ffffff' },
  { board: '#1c2f63', text: '#ffffff' },
] as const
const leafTones = ['#5f7a35', '#8a5a2b', '#b08a48', '#3f5a3a'] as const

/** The elements of `region`, lowest first; what is around shadows and edges is counted in. */
export function worldSvg(world: World, region: PixelBox): string {
  const seen = (box: PixelBox): boolean => overlaps(grown(box, Math.ceil((box[2] - box[0]) * 0.35)), region)
  let count = 0
  const draw = (sticker: Sticker): string => icon(sticker, `i${count++}-`)
  const stickers = (list: readonly Sticker[], as: (one: Sticker) => string): string[] =>
    list.filter(({ box }) => seen(box)).map(as)
  const plated = (one: Sticker): string => plate(one) + draw(one)
  return [
    // A photograph has light and shade of its own.
    ...(world.photograph ? [] : patches(world)),
    ...world.rugs.filter(({ box }) => seen(box)).flatMap((one) => [rug(one), ...stickers(one.stickers, plated)]),
    ...stickers(world.scenery, (one) => shadow(one) + draw(one)),
    ...world.exhibits.flatMap(({ around, ...one }) => [
      ...(seen(one.box) ? [exhibit(one, draw)] : []),
      ...stickers(around ? sides.map((name) => around[name]) : [], plated),
    ]),
    ...world.leaves.filter((one) => seen(leafBox(one))).map(leaf),
  ].join('')
}

/** Large pale and dark areas of the ground. */
function patches({ ground, width, height }: World): string[] {
  const rng = random('patches', ground.seed)
  const unit = Math.max(width, height)
  return Array.from({ length: 7 }, () => {
    const [x, y, reach] = [rng.int(width), rng.int(height), rng.between(0.05, 0.2) * unit]
    const corners = Array.from({ length: 9 }, (_, n) => {
      const angle = ((n + rng.between(-0.3, 0.3)) / 9) * 2 * Math.PI
      const far = reach * rng.between(0.6, 1.2)
      return [Math.round(x + Math.cos(angle) * far), Math.round(y + Math.sin(angle) * far * 0.7)] as const
    })
    return `<path d="${smooth(corners)}" fill="${rng.chance(0.5) ? '#ffffff' : '#1d2b12'}" fill-opacity="0.13"/>`
  })
}

/** A closed curve through the middles of the sides of a polygon. */
function smooth(corners: readonly (readonly [number, number])[]): string {
  const mid = (n: number): string => {
    const [a, b] = [itemAt(corners, n % corners.length), itemAt(corners, (n + 1) % corners.length)]
    return `${(a[0] + b[0]) / 2} ${(a[1] + b[1]) / 2}`
  }
  const curves = corners.map((_, n) => {
    const [x, y] = itemAt(corners, (n + 1) % corners.length)
    return `Q${x} ${y} ${mid(n + 1)}`
  })
  return `M${mid(0)}${curves.join('')}Z`
}

function icon({ drawing, box }: Sticker, prefix: string): string {
  const scale = ((box[2] - box[0]) / iconSide).toFixed(5)
  return `<g transform="translate(${box[0]} ${box[1]}) scale(${scale})">${iconBody(drawing, prefix)}</g>`
}

function shadow({ box: [x0, , x1, y1] }: Sticker): string {
  const side = x1 - x0
  const [cx, cy] = [(x0 + x1) / 2 + side * 0.06, y1 - side * 0.06]
  return `<ellipse cx="${cx}" cy="${cy}" rx="${side * 0.42}" ry="${side * 0.1}" fill="#000" fill-opacity="0.28"/>`
}

function plate({ box: [x0, y0, x1, y1] }: Sticker): string {
  const side = x1 - x0
  return circle((x0 + x1) / 2, (y0 + y1) / 2, side * (0.5 + plateReach), paper, '#8d8778', side * 0.03)
}

function exhibit(one: Exhibit, draw: (sticker: Sticker) => string): string {
  const { frame, flag, sign, iconBox, box } = one
  const side = iconBox[2] - iconBox[0]
  const middle = (iconBox[0] + iconBox[2]) / 2
  const parts: string[] = []
  const pole = (x: number, y0: number, y1: number): string =>
    `<rect x="${x - side * 0.035}" y="${y0}" width="${side * 0.07}" height="${y1 - y0}" fill="${ink}"/>`
  if (flag) {
    const [x0, y0, x1, y1] = flag.box
    const points = `${x0},${y0} ${x1},${y0} ${x1 - side * 0.18},${(y0 + y1) / 2} ${x1},${y1} ${x0},${y1}`
    const thin = `stroke="${ink}" stroke-width="${side * 0.03}"`
    parts.push(pole(middle, y0, frame.box[1] + side * 0.1))
    parts.push(`<polygon points="${points}" fill="${worldHex[flag.colour]}" ${thin}/>`)
  }
  if (sign) {
    const [x0, y0, x1, y1] = sign.box
    const style = itemAt(signStyles, sign.style)
    parts.push(
      pole(middle - side * 0.3, frame.box[3] - side * 0.4, y0),
      pole(middle + side * 0.3, frame.box[3] - side * 0.4, y0),
    )
    const round = `rx="${side * 0.08}" stroke="${ink}" stroke-width="${side * 0.04}"`
    parts.push(`<rect x="${x0}" y="${y0}" width="${x1 - x0}" height="${y1 - y0}" fill="${style.board}" ${round}/>`)
    parts.push(textPath(sign.text, (x0 + x1) / 2, (y0 + y1) / 2, sign.textPx, style.text))
  }
  if (!sign)
    parts.push(
      `<ellipse cx="${middle}" cy="${box[3]}" rx="${side * 0.6}" ry="${side * 0.09}" fill="#000" fill-opacity="0.25"/>`,
    )
  parts.push(frameOf(frame.shape, frame.box, worldHex[frame.colour], side * 0.16))
  parts.push(draw({ icon: one.icon, drawing: one.drawing, box: iconBox }))
  return parts.join('')
}

/** The outline with its inside of paper; a thin dark rim keeps yellow and black frames apart from the ground. */
function frameOf(shape: FrameShape, [x0, y0, x1, y1]: PixelBox, colour: string, width: number): string {
  const [cx, cy, reach] = [(x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2]
  const outline = (inset: number, fill: string, stroke: string, line: number): string => {
    const r = reach - inset
    if (shape === 'round') return circle(cx, cy, r, fill, stroke, line)
    const corners = shape === 'square' ? 4 : shape === 'hexagonal' ? 6 : 4
    const start = shape === 'square' ? Math.PI / 4 : shape === 'hexagonal' ? 0 : Math.PI / 2
    const far = shape === 'square' ? r * Math.SQRT2 : r
    const points = Array.from({ length: corners }, (_, n) => {
      const angle = start + (n * 2 * Math.PI) / corners
      return `${(cx + Math.cos(angle) * far).toFixed(2)},${(cy + Math.sin(angle) * far).toFixed(2)}`
    })
    return `<polygon points="${points.join(' ')}" fill="${fill}" stroke="${stroke}" stroke-width="${line}"/>`
  }
  return outline(width / 2, paper, ink, width * 1.25) + outline(width / 2, 'none', colour, width)
}

function circle(x: number, y: number, r: number, fill: string, stroke: string, line: number): string {
  return `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}" stroke="${stroke}" stroke-width="${line}"/>`
}

function rug({ colour, box: [x0, y0, x1, y1], stickers }: Rug): string {
  const unit = itemAt(stickers, 0).box[2] - itemAt(stickers, 0).box[0]
  const rect = (inset: number, paint: string): string => {
    const [width, height] = [x1 - x0 - 2 * inset, y1 - y0 - 2 * inset]
    return `<rect x="${x0 + inset}" y="${y0 + inset}" width="${width}" height="${height}" rx="${unit * 0.1}" ${paint}/>`
  }
  const line = `fill="none" stroke="#fff" stroke-opacity="0.55" stroke-width="${unit * 0.06}"`
  return rect(0, `fill="${worldHex[colour]}" stroke="${ink}" stroke-width="${unit * 0.05}"`) + rect(unit * 0.22, line)
}

function leaf({ x, y, length, turn, tone }: Leaf): string {
  const [half, wide] = [length / 2, length * 0.22]
  const blade = `M${-half} 0Q0 ${-wide * 2} ${half} 0Q0 ${wide * 2} ${-half} 0Z`
  const vein = `<path d="M${-half} 0H${half}" stroke="#00000055" stroke-width="${length * 0.03}"/>`
  return `<g transform="translate(${x} ${y}) rotate(${turn})"><path d="${blade}" fill="${leafTones[tone]}"/>${vein}</g>`
}
