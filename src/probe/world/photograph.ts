/** Photographs as grounds of worlds: grey pictures of landscapes, laid over a ground in its own colour. */
import { fileURLToPath } from 'node:url'
import { sharp } from '../../shared/native.ts'
import type { Size } from '../../protocol/box.ts'
import type { Random } from '../../shared/random.ts'
import { defined } from '../../shared/known.ts'
import { byteAt, wholeAt } from '../../shared/number-at.ts'

/** The part of a photograph that fills a picture; `mirrored`: left and right are exchanged. */
export interface Photograph {
  readonly name: string
  /** `[x0, y0, x1, y1]` in pixels of the photograph. */
  readonly crop: readonly [number, number, number, number]
  readonly mirrored: boolean
}

/** Files of `photographs/`, which says where they come from, and what can be seen in them. */
export const photographs = [
  { name: 'black-canyon', width: 1024, height: 750, shows: ['boat', 'mountain', 'cloud', 'rock'] },
  { name: 'dust-bowl-home', width: 1024, height: 788, shows: ['house', 'window', 'cloud', 'grass'] },
  { name: 'french-alpine-landscape', width: 1024, height: 484, shows: ['pine tree', 'mountain', 'snow', 'cloud'] },
  { name: 'march-pastoral', width: 1024, height: 498, shows: ['sheep', 'grass', 'dog'] },
  { name: 'nagasaki-boats', width: 1024, height: 819, shows: ['boat', 'house', 'tree', 'mountain', 'person'] },
] as const

/** Prints have edges: so much of each side is never shown. */
const edge = 0.05

export function cutPhotograph(rng: Random, name: string, picture: Size): Photograph {
  const { width, height } = defined(
    photographs.find((one) => one.name === name),
    name,
  )
  const [roomX, roomY] = [width * (1 - 2 * edge), height * (1 - 2 * edge)]
  const scale = Math.min(roomX / picture.width, roomY / picture.height) * rng.between(0.7, 1)
  const own = { width: Math.floor(picture.width * scale), height: Math.floor(picture.height * scale) }
  const x = Math.round(width * edge + rng.next() * (roomX - own.width))
  const y = Math.round(height * edge + rng.next() * (roomY - own.height))
  return { name, crop: [x, y, x + own.width, y + own.height], mirrored: rng.chance(0.5) }
}

/** Light and dark of a photograph around its mean, in 8-bit steps. */
export interface Light extends Size {
  readonly steps: Float32Array
}

/** The photographs of the package, each read when first needed. */
const opened = new Map<string, Promise<Light>>()

export function openPhotograph(name: string): Promise<Light> {
  const light = opened.get(name) ?? readLight(name)
  opened.set(name, light)
  return light
}

/** Contrast is taken back, so that what lies on the ground stands out from it. */
const contrast = 0.6

async function readLight(name: string): Promise<Light> {
  const file = fileURLToPath(new URL(`../../../photographs/${name}.jpg`, import.meta.url))
  const { data, info } = await sharp(file).greyscale().raw().toBuffer({ resolveWithObject: true })
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length
  return {
    width: info.width,
    height: info.height,
    steps: Float32Array.from(data, (value) => (value - mean) * contrast),
  }
}

/**
 * Adds the photograph to `data` (packed RGB of `size`), which shows `region`, given in fractions of the picture's width and height. Cubic
 * B-splines join its pixels, which are larger than the picture's.
 */
export function addPhotograph(
  { steps, width, height }: Light,
  { crop: [x0, y0, x1, y1], mirrored }: Photograph,
  region: readonly [number, number, number, number],
  size: Size,
  data: Uint8Array,
): void {
  const across = (px: number): number => {
    const part = region[0] + ((region[2] - region[0]) * (px + 0.5)) / size.width
    return x0 + (mirrored ? 1 - part : part) * (x1 - x0) - 0.5
  }
  const columns = Array.from({ length: size.width }, (_, px) => spline(across(px)))
  const [first, weights] = [
    Int32Array.from(columns, ({ at }) => Math.min(Math.max(at, 0), width - 4)),
    Float32Array.from(columns.flatMap((column) => column.weights)),
  ]
  const row = new Float32Array(width)
  for (let py = 0; py < size.height; py++) {
    const part = region[1] + ((region[3] - region[1]) * (py + 0.5)) / size.height
    const { at, weights: down } = spline(y0 + part * (y1 - y0) - 0.5)
    const top = Math.min(Math.max(at, 0), height - 4) * width
    for (let x = 0; x < width; x++) {
      row[x] =
        down[0] * steps[top + x]! +
        down[1] * steps[top + width + x]! +
        down[2] * steps[top + 2 * width + x]! +
        down[3] * steps[top + 3 * width + x]!
    }
    let to = py * size.width * 3
    for (let px = 0; px < size.width; px++) {
      const from = wholeAt(first, px)
      const w = px * 4
      const light =
        weights[w]! * row[from]! +
        weights[w + 1]! * row[from + 1]! +
        weights[w + 2]! * row[from + 2]! +
        weights[w + 3]! * row[from + 3]!
      for (let channel = 0; channel < 3; channel++, to++) {
        const value = byteAt(data, to) + light
        data[to] = value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0
      }
    }
  }
}

/** The first of the four samples around a place, and their weights. */
function spline(place: number): { readonly at: number; readonly weights: readonly [number, number, number, number] } {
  const floor = Math.floor(place)
  const t = place - floor
  const [t2, t3] = [t * t, t * t * t]
  const weights = [(1 - t) ** 3 / 6, (3 * t3 - 6 * t2 + 4) / 6, (3 * t2 - 3 * t3 + 3 * t + 1) / 6, t3 / 6] as const
  return { at: floor - 1, weights }
}
