/**
 * How likely an observer is right who knows everything that is large enough to be made out in a view, and guesses the rest evenly.
 * With the view of the whole picture this says how much of a set can be answered without a look; with crops at full
 * resolution, whether it can be answered at all.
 */
import type { PixelBox } from '../../protocol/box.ts'
import { flagColours, frameColours } from './scene.ts'
import { askedNames } from './icons.ts'
import type { Description, Exhibit, World } from './scene.ts'

/** Heights in pixels of a view from which on things can be made out; `colour` is the smaller side of a patch. */
const legiblePx = { text: 8, icon: 14, colour: 4 } as const

/** The view of a whole picture has at most so many pixels. */
const overviewPixels = 2_000_000

/** Width of a frame's line, in sides of the icon. */
const frameLine = 0.16

/** View pixels a picture's pixel in the view of the whole picture; `picture` may be drawn smaller than the world. */
export function overviewScale(world: World, drawnWidth: number): number {
  const drawn = drawnWidth / world.width
  const pixels = world.width * world.height * drawn ** 2
  return drawn * Math.min(1, Math.sqrt(overviewPixels / pixels))
}

/** The chance to be right with a view in which a pixel of the world is `scale` wide; 0 is a blind guess. */
export function chanceOfAnswer(world: World, scale: number): number {
  const { question, answer } = world
  const see = sight(scale)
  const among = (of: Description, chance: (exhibit: Exhibit) => number): number => {
    const possible = world.exhibits.filter((exhibit) => see.mayBe(exhibit, of))
    return possible.reduce((sum, exhibit) => sum + chance(exhibit), 0) / possible.length
  }
  const right = (shown: string): number => (shown === answer ? 1 : 0)
  switch (question.family) {
    case 'read':
      return among(question.of, ({ sign }) => (sign && see.text(sign) ? right(sign.text) : 0))
    case 'attribute': {
      const palette = question.part === 'flag' ? flagColours : frameColours
      return among(question.of, (exhibit) => {
        const part = exhibit[question.part]
        if (!part) return 0
        return see[question.part](exhibit) ? right(part.colour) : 1 / palette.length
      })
    }
    case 'identity':
      if ('twinOf' in question) {
        return among(question.twinOf, (first) => {
          const { sign } = first
          const twins = world.exhibits.filter(
            (other) =>
              other !== first &&
              other.sign &&
              (!sign || !see.text(sign) || !see.text(other.sign) || other.sign.text === sign.text),
          )
          const chances = twins.map(({ icon, iconBox }) => (see.icon(iconBox) ? right(icon) : 1 / askedNames().length))
          return chances.reduce((sum, chance) => sum + chance, 0) / Math.max(1, twins.length)
        })
      }
      return among(question.of, ({ icon, iconBox }) => (see.icon(iconBox) ? right(icon) : 1 / askedNames().length))
    case 'relation':
      return among(question.of, ({ around }) => {
        const beside = around?.[question.side]
        if (!beside) return 0
        return see.icon(beside.box) ? right(beside.icon) : 1 / askedNames().length
      })
    case 'count': {
      const counted = world.rugs.filter(({ colour }) => question.rugs.includes(colour))
      return counted.every(({ stickers }) => stickers.every(({ box }) => see.icon(box))) ? 1 : 1 / 6
    }
    case 'compare': {
      const known = question.of.every((of) => {
        const [only, ...others] = world.exhibits.filter((exhibit) => see.mayBe(exhibit, of))
        return others.length === 0 && only?.sign !== undefined && see.text(only.sign)
      })
      return known ? 1 : 1 / question.of.length
    }
  }
}

/** What can be made out where a pixel of the world is `scale` wide. */
function sight(scale: number) {
  const [width, height] = [
    ([x0, , x1]: PixelBox): number => (x1 - x0) * scale,
    ([, y0, , y1]: PixelBox): number => (y1 - y0) * scale,
  ]
  const see = {
    text: ({ textPx }: { readonly textPx: number }): boolean => textPx * scale >= legiblePx.text,
    icon: (box: PixelBox): boolean => height(box) >= legiblePx.icon,
    flag: ({ flag }: Exhibit): boolean =>
      flag !== undefined && Math.min(width(flag.box), height(flag.box)) >= legiblePx.colour,
    frame: ({ iconBox }: Exhibit): boolean => height(iconBox) * frameLine >= legiblePx.colour,
    shape: ({ frame }: Exhibit): boolean => height(frame.box) >= legiblePx.icon,
    /** Nothing that can be made out speaks against the description. */
    mayBe(exhibit: Exhibit, { icon, frame, flag, text }: Description): boolean {
      const { sign } = exhibit
      return (
        (icon === undefined || !see.icon(exhibit.iconBox) || exhibit.icon === icon) &&
        (frame === undefined || !see.shape(exhibit) || exhibit.frame.shape === frame.shape) &&
        (frame === undefined || !see.frame(exhibit) || exhibit.frame.colour === frame.colour) &&
        (flag === undefined || (exhibit.flag !== undefined && (!see.flag(exhibit) || exhibit.flag.colour === flag))) &&
        (text === undefined || (sign !== undefined && (!see.text(sign) || sign.text === text)))
      )
    },
  }
  return see
}
