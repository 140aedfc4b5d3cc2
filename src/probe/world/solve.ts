/**
 * Checks a world without knowing how it was made: finds every answer that its question has, and whether anything lies over what
 * has to be seen.
 */
import { boxSize } from '../../protocol/box.ts'
import type { PixelBox } from '../../protocol/box.ts'
import { itemAt } from '../../shared/known.ts'
import { overlaps } from './place.ts'
import { matches, sides } from './scene.ts'
import type { Description, Exhibit, Leaf, Side, Sticker, World } from './scene.ts'
import { pixelBox } from '../../protocol/box.ts'

/** An answer, and the boxes that show it. */
export interface Solution {
  readonly answer: string
  readonly boxes: readonly PixelBox[]
}

/** All solutions; a sound world has exactly one. */
export function solve(world: World): Solution[] {
  const { question, exhibits } = world
  const found = (of: Description): Exhibit[] => exhibits.filter((exhibit) => matches(exhibit, of))
  switch (question.family) {
    case 'read':
      return found(question.of).flatMap(({ sign, box }) => (sign ? [{ answer: sign.text, boxes: [box] }] : []))
    case 'attribute':
      return found(question.of).flatMap((exhibit) => {
        const part = exhibit[question.part]
        return part ? [{ answer: part.colour, boxes: [exhibit.box] }] : []
      })
    case 'identity':
      if ('twinOf' in question) {
        return found(question.twinOf).flatMap((first) =>
          exhibits
            .filter(({ sign }) => sign !== first.sign && sign?.text === first.sign?.text)
            .map(({ icon, box }) => ({ answer: icon, boxes: [first.box, box] })),
        )
      }
      return found(question.of).map(({ icon, box }) => ({ answer: icon, boxes: [box] }))
    case 'relation':
      return found(question.of).flatMap((exhibit) =>
        neighbours(world, exhibit, question.side).map(({ icon, box }) => ({
          answer: icon,
          boxes: [exhibit.iconBox, box],
        })),
      )
    case 'count': {
      const rugs = question.rugs.map((colour) => world.rugs.filter((rug) => rug.colour === colour))
      if (rugs.some((named) => named.length !== 1)) return []
      const counted = rugs.flat()
      const lying = counted.flatMap(({ stickers }) => stickers.filter(({ icon }) => icon === question.icon))
      return [{ answer: String(lying.length), boxes: counted.map(({ box }) => box) }]
    }
    case 'compare': {
      const named = question.of.map(found)
      if (named.some((same) => same.length !== 1)) return []
      const compared = named.flat()
      const sign = question.most === 'largest' ? 1 : -1
      const values = compared.map((exhibit) => sign * Number(exhibit.sign?.text))
      const best = Math.max(...values)
      const boxes = compared.map(({ box }) => box)
      return compared.filter((_, n) => values[n] === best).map(({ icon }) => ({ answer: icon, boxes }))
    }
  }
}

/**
 * What is directly beside an exhibit: of all things whose middle lies within 20 degrees of that direction, the nearest, and every
 * other that is less than 1.5 times as far.
 */
function neighbours(world: World, from: Exhibit, side: Side): Sticker[] {
  const [ahead, across] = side === 'left' || side === 'right' ? [0, 1] : [1, 0]
  const forwards = side === 'left' || side === 'above' ? -1 : 1
  const [fromX, fromY] = middle(from.iconBox)
  const around = world.exhibits.flatMap(({ around }) => (around ? sides.map((name) => around[name]) : []))
  const others = world.exhibits
    .filter((exhibit) => exhibit !== from)
    .map(({ icon, drawing, iconBox: box }) => ({ icon, drawing, box }))
  const onRugs = world.rugs.flatMap(({ stickers }) => stickers)
  const inLine = [...around, ...others, ...onRugs, ...world.scenery]
    .map((sticker) => {
      const [x, y] = middle(sticker.box)
      const step = [x - fromX, y - fromY]
      return { sticker, far: itemAt(step, ahead) * forwards, off: Math.abs(itemAt(step, across)) }
    })
    .filter(({ far, off }) => far > 0 && off <= far * Math.tan(Math.PI / 9))
  const nearest = Math.min(...inLine.map(({ far }) => far))
  return inLine.filter(({ far }) => far < nearest * 1.5).map(({ sticker }) => sticker)
}

function middle([x0, y0, x1, y1]: PixelBox): readonly [number, number] {
  return [(x0 + x1) / 2, (y0 + y1) / 2]
}

/** The things that lie over a target: later exhibits and their surroundings, and leaves. None in a sound world. */
export function covering(world: World): number {
  const within = (inner: PixelBox, outer: PixelBox): boolean =>
    inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
  const above = [
    ...world.exhibits.flatMap(({ box, around }) => [box, ...(around ? sides.map((name) => around[name].box) : [])]),
    ...world.leaves.map(leafBox),
  ]
  return world.targets.reduce(
    (sum, target) => sum + above.filter((box) => overlaps(box, target) && !within(box, target)).length,
    0,
  )
}

/** Around a leaf, however it is turned. */
export function leafBox({ x, y, length }: Leaf): PixelBox {
  return pixelBox(x - length / 2, y - length / 2, x + length / 2, y + length / 2)
}

/** Width and height of a target's icon as a share of the picture. */
export function targetShare({ exhibits, rugs, targets, width, height }: World): number {
  const icons = [
    ...exhibits.map(({ iconBox }) => iconBox),
    ...rugs.flatMap(({ stickers }) => stickers.map(({ box }) => box)),
  ]
  const shown = icons.filter((box) => targets.some((target) => overlaps(box, target))).map(boxSize)
  return Math.min(...shown.map((size) => (size.width * size.height) / (width * height)))
}
