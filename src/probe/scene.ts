/**
 * A scene of kind `shapes`: a seeded vector description of coloured shapes with digits on a textured ground, and the
 * question that only one of them answers. Everything is in fractions of the square picture's side. Pure and
 * deterministic: the same seed and level give the same scene on every machine.
 */
import type { Level } from '../protocol/problem.ts'
import { random, type Random } from '../shared/random.ts'
import { itemAt } from '../shared/known.ts'

export const colours = ['red', 'orange', 'yellow', 'green', 'blue', 'purple'] as const
export type Colour = (typeof colours)[number]

export const shapes = ['circle', 'square', 'triangle', 'star', 'cross', 'heart'] as const
export type Shape = (typeof shapes)[number]

/** A coloured shape with a digit on it. */
export interface SceneObject {
  readonly colour: Colour
  readonly shape: Shape
  readonly digit: number
  readonly x: number
  readonly y: number
  /** Width and height of the shape. */
  readonly side: number
}

/** Things that are not coloured shapes: pale signs with a digit, muted pebbles and sticks. */
export interface Clutter {
  readonly kind: 'sign' | 'pebble' | 'stick'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Radians, clockwise. */
  readonly turn: number
  readonly rgb: readonly [number, number, number]
  readonly digit: number
}

export interface Ground {
  readonly seed: number
  readonly rgb: readonly [number, number, number]
  /** Amplitude of the coarsest texture, in 8-bit steps. */
  readonly amplitude: number
}

export interface Scene {
  readonly kind: 'shapes'
  readonly seed: number
  readonly level: Level
  readonly ground: Ground
  readonly clutter: readonly Clutter[]
  readonly objects: readonly SceneObject[]
  /** Index into `objects`: the only one with its colour and shape. */
  readonly target: number
}

/** What makes a level, in numbers; `side` and counts are ranges, both ends included. */
export interface LevelSpec {
  readonly side: readonly [number, number]
  /** Objects with the target's colour and another shape. */
  readonly sameColour: readonly [number, number]
  /** Objects with the target's shape and another colour. */
  readonly sameShape: readonly [number, number]
  readonly others: readonly [number, number]
  readonly clutter: readonly [number, number]
  /** Share of objects drawn at `rareSide`: close-ups on easy, specks that no overview shows on hard. */
  readonly rareShare: number
  readonly rareSide: readonly [number, number]
}

/** Target sides of about 1/9, 1/16 and 1/40 of the picture, with 1-2, 2-4 and 4-8 look-alikes of the same colour. */
export const levelSpecs: Readonly<Record<Level, LevelSpec>> = {
  easy: {
    side: [0.104, 0.128],
    sameColour: [1, 2],
    sameShape: [1, 2],
    others: [1, 3],
    clutter: [6, 14],
    rareShare: 0.1,
    rareSide: [0.25, 0.4],
  },
  medium: {
    side: [0.058, 0.069],
    sameColour: [2, 4],
    sameShape: [1, 3],
    others: [3, 6],
    clutter: [15, 30],
    rareShare: 0,
    rareSide: [0, 0],
  },
  hard: {
    side: [0.0225, 0.0268],
    sameColour: [4, 8],
    sameShape: [2, 4],
    others: [6, 12],
    clutter: [30, 60],
    rareShare: 0.2,
    rareSide: [0.0152, 0.0165],
  },
}

/** Scenes with seeds from here on are for testing; training uses those below, so that no scene is ever in both. */
export const heldOutSeed = 2 ** 31

/** Makes the scene of `(seed, level)`. The target's digit is `digit` when given, so that a set can balance its answers. */
export function makeScene(seed: number, level: Level, digit?: number): Scene {
  const spec = levelSpecs[level]
  const rng = random('scene', level, seed)
  const target = { colour: rng.pick(colours), shape: rng.pick(shapes) }
  const kinds: { colour: Colour; shape: Shape }[] = [target]
  const otherColour = (): Colour => rng.pick(colours.filter((colour) => colour !== target.colour))
  const otherShape = (): Shape => rng.pick(shapes.filter((shape) => shape !== target.shape))
  for (let n = inRange(rng, spec.sameColour); n > 0; n--) kinds.push({ colour: target.colour, shape: otherShape() })
  for (let n = inRange(rng, spec.sameShape); n > 0; n--) kinds.push({ colour: otherColour(), shape: target.shape })
  for (let n = inRange(rng, spec.others); n > 0; n--) kinds.push({ colour: otherColour(), shape: rng.pick(shapes) })

  const objects: SceneObject[] = []
  const targetIsRare = rng.chance(spec.rareShare)
  for (const [index, kind] of kinds.entries()) {
    // Only the target can be a close-up; specks can be anything.
    const rare = index === 0 ? targetIsRare : level === 'hard' && rng.chance(spec.rareShare)
    const side = rng.between(...(rare ? spec.rareSide : spec.side))
    const place = findPlace(rng, side, kind.colour, objects)
    if (!place) {
      if (index === 0) throw new Error('an empty picture has room for the target')
      continue
    }
    const own = index === 0 && digit !== undefined ? digit : rng.int(10)
    objects.push({ ...kind, ...place, side, digit: own })
  }
  // Draw order must not give the target away.
  const order = rng.shuffle(objects.map((_, index) => index))
  return {
    kind: 'shapes',
    seed,
    level,
    ground: makeGround(rng),
    clutter: makeClutter(rng, inRange(rng, spec.clutter), spec, objects),
    objects: order.map((index) => itemAt(objects, index)),
    target: order.indexOf(0),
  }
}

/** How every question begins; the colour and shape of what is asked about and a question mark follow. */
export const questionStart = 'Which digit is on the'

function inRange(rng: Random, [low, high]: readonly [number, number]): number {
  return low + rng.int(high - low + 1)
}

/** Objects never touch; two of the same colour keep so far apart that a look at one is not a look at the other. */
function findPlace(
  rng: Random,
  side: number,
  colour: Colour,
  placed: readonly SceneObject[],
): { x: number; y: number } | undefined {
  const edge = side * 0.55 + 0.004
  for (let attempt = 0; attempt < 200; attempt++) {
    const x = rng.between(edge, 1 - edge)
    const y = rng.between(edge, 1 - edge)
    const clear = placed.every((other) => {
      const apart = Math.max(Math.abs(other.x - x), Math.abs(other.y - y))
      const touching = ((other.side + side) / 2) * 1.25 + 0.004
      const alike = other.colour === colour && Math.max(side, other.side) > 0.05 ? 0.16 : 0
      return apart > Math.max(touching, alike)
    })
    if (clear) return { x, y }
  }
  return undefined
}

function makeGround(rng: Random): Ground {
  const grey = rng.between(70, 185)
  const tint = rng.between(-14, 14)
  const warm = rng.between(-12, 12)
  return {
    seed: rng.int(2 ** 31),
    rgb: [grey + warm + tint * 0.4, grey + tint, grey - warm + tint * 0.2],
    amplitude: rng.between(8, 26),
  }
}

function makeClutter(rng: Random, count: number, spec: LevelSpec, objects: readonly SceneObject[]): Clutter[] {
  const clutter: Clutter[] = []
  const unit = spec.side[1]
  for (let n = 0; n < count; n++) {
    const kind = rng.chance(0.2) ? 'sign' : rng.chance(0.5) ? 'pebble' : 'stick'
    const size = unit * rng.between(0.5, 1.5)
    const grey = kind === 'sign' ? rng.between(205, 245) : rng.between(45, 215)
    const warm = kind === 'sign' ? 4 : rng.between(-16, 16)
    const width = kind === 'stick' ? size * 2 : kind === 'sign' ? size * 0.8 : size
    const item: Clutter = {
      kind,
      x: rng.next(),
      y: rng.next(),
      width,
      height: kind === 'stick' ? size * 0.16 : kind === 'sign' ? size * 0.95 : size * rng.between(0.5, 1),
      turn: kind === 'sign' ? 0 : rng.between(0, Math.PI),
      rgb: [grey + warm, grey, grey - warm],
      digit: rng.int(10),
    }
    const reach = Math.max(item.width, item.height) / 2
    const clear = objects.every(
      (object) => Math.hypot(object.x - item.x, object.y - item.y) > reach + object.side * 0.75,
    )
    if (clear) clutter.push(item)
  }
  return clutter
}
