/** Determines the unit in which a model writes boxes, by asking for the box of a mark. */
import { pixelBox } from '../../protocol/box.ts'
import type { Coordinates, Profile } from '../../protocol/profile.ts'
import { coordinateWords } from '../../protocol/prompts.ts'
import type { Completion } from '../endpoint.ts'
import type { ImagePart } from '../exchange/messages.ts'
import { itemAt } from '../../shared/known.ts'
import { sum } from '../../shared/numbers.ts'
import { drawn, room, saidIn, user } from './asking.ts'
import type { AskServer, Finding } from './asking.ts'
import { settingWords } from './zoom-settings.ts'
import type { ZoomSettings } from './zoom-settings.ts'

/** Multiples of the cells of all Qwen models, with an aspect ratio at which units cannot be confused. */
const size = { width: 1344, height: 896 }
const markPx = pixelBox(806, 314, 941, 448)
/** Tolerance for a corner, in pixels of the picture. */
const tolerancePx = 50

export type Numbers = readonly [number, number, number, number]

export interface TriedUnit {
  readonly coordinates: Coordinates
  /** The scale at which the model received the picture. */
  readonly scale: number
  /** `yx`: the model writes y before x. */
  readonly order: 'xy' | 'yx'
}

/** The unit in which `box` fits the mark best, if it fits in any. */
export function unitOf(box: Numbers): TriedUnit | undefined {
  const [y0, x0, y1, x1] = box
  const orders = [
    { order: 'xy', box },
    { order: 'yx', box: [x0, y0, x1, y1] },
  ] as const
  const { width, height } = size
  const fits = orders.flatMap(({ order, box: read }) => {
    const scale = sum(read) / sum(markPx)
    const units = [
      { coordinates: 'relative', scale: 1, x: width, y: height },
      { coordinates: 'percent', scale: 1, x: width / 100, y: height / 100 },
      { coordinates: 'thousand', scale: 1, x: width / 1000, y: height / 1000 },
      { coordinates: 'pixel', scale: 1, x: 1, y: 1 },
      ...(scale > 0.05 && scale < 0.97 ? [{ coordinates: 'pixel', scale, x: 1 / scale, y: 1 / scale } as const] : []),
    ] as const
    return units.map(({ coordinates, scale: shown, x, y }) => {
      const offPx = read.map((value, at) => Math.abs(value * (at % 2 === 0 ? x : y) - itemAt(markPx, at)))
      return { unit: { coordinates, scale: shown, order }, offPx: Math.max(...offPx) }
    })
  })
  const near = fits.filter(({ offPx }) => offPx < tolerancePx).toSorted((a, b) => a.offPx - b.offPx)
  // A free scale always fits a little better, so it only counts if nothing else fits.
  return (near.find(({ unit }) => unit.scale === 1) ?? near[0])?.unit
}

/** The last four numbers in brackets, after any thinking. */
function boxIn({ text }: Completion): Numbers | undefined {
  const number = String.raw`\s*[\"']?(-?\d{1,7}(?:\.\d{1,20})?)\s?(?:%|px)?[\"']?\s*`
  const found = text.slice(-4_000).matchAll(new RegExp(`[[(]${number},${number},${number},${number}[\\])]`, 'g'))
  const last = [...found].at(-1)
  return last && [Number(last[1]), Number(last[2]), Number(last[3]), Number(last[4])]
}

export function markPicture(): Promise<ImagePart> {
  return drawn(size, [255, 255, 255], { boxPx: markPx, colour: [255, 0, 0] })
}

/** `settings`: those under which boxes are interpreted correctly. */
interface Found {
  readonly findings: readonly Finding[]
  readonly settings: ZoomSettings
}

export async function tryBoxes(ask: AskServer): Promise<Found> {
  const check = 'boxes'
  const picture = await markPicture()
  const prompt =
    'Where is the red square? Write its bounding box and nothing else, as [x0, y0, x1, y1]: its top-left and bottom-right ' +
    `corners, ${coordinateWords.relative}.`
  const reply = await ask('in which unit boxes are written', [user(picture, prompt)], room)
  const box = boxIn(reply)
  const unit = box === undefined ? undefined : unitOf(box)
  if (unit === undefined) {
    const text = `unknown: asked for the box of a red square, the model wrote "${saidIn(reply)}"`
    return {
      findings: [{ check, level: 'note', text, fix: 'Its crops may show the wrong places.' }],
      settings: {},
    }
  }
  return aboutUnit(unit, 'relative')
}

/** `asked`: the unit in the prompt. */
export function aboutUnit({ coordinates, scale, order }: TriedUnit, asked: Profile['coordinates']): Found {
  const check = 'boxes'
  if (order === 'yx') {
    const text = 'the model writes y before x, so crops show the wrong places'
    return {
      findings: [{ check, level: 'note', text, fix: 'No option supports such boxes: use another model.' }],
      settings: {},
    }
  }
  const instead = unitWords[coordinates]
  if (coordinates === asked && scale === 1)
    return { findings: [{ check, level: 'ok', text: `${instead}, as asked` }], settings: {} }
  if (scale === 1) {
    const text = `the model writes ${instead}, whatever the prompt asks for`
    return { findings: [{ check, level: 'note', text, fix: searchWith({ coordinates }) }], settings: { coordinates } }
  }
  const shown = Math.floor((size.width * size.height * scale ** 2) / 10_000) * 10_000
  const text = `the model writes pixels of a picture that the server downscaled to ${Math.round(scale * 100)} %`
  const settings = { coordinates, maxPixels: shown }
  return { findings: [{ check, level: 'note', text, fix: searchWith(settings) }], settings }
}

function searchWith(settings: ZoomSettings): string {
  return `Search with ${settingWords(settings).join(' ')}.`
}

const unitWords = {
  relative: 'fractions of the picture',
  percent: 'percent of the picture',
  thousand: 'thousandths of the picture',
  pixel: 'pixels',
} as const
