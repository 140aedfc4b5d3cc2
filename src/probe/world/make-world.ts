/**
 * Makes the world of a seed: first what its question needs, then everything else around it, so that the answer is unique by
 * construction. Pure and deterministic.
 */
import { pixelBox } from '../../protocol/box.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Level } from '../../protocol/problem.ts'
import { random } from '../../shared/random.ts'
import type { Random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import { clutterFor, groundsFor } from './confusion.ts'
import { layExhibit, wholeBox } from './exhibit.ts'
import type { ExhibitPlan } from './exhibit.ts'
import type { Icon } from './icons.ts'
import { worldLevels } from './levels.ts'
import type { Range, WorldLevel } from './levels.ts'
import { findPlace, grown, overlaps, union } from './place.ts'
import { makePlan } from './plan.ts'
import { cutPhotograph } from './photograph.ts'
import type { ScenePlan, RugPlan } from './plan.ts'
import { describedIn, frameColours, matches } from './scene.ts'
import type { Description, Exhibit, Family, Leaf, Rug, Sticker, World } from './scene.ts'
import { leafBox } from './solve.ts'

/** All that it takes to make a world again. `draw` decides what a set balances. */
export interface WorldRef {
  readonly kind: 'world'
  readonly seed: number
  readonly level: Level
  readonly family: Family
  readonly draw: number
}

export function makeWorld(ref: WorldRef): World {
  for (let attempt = 0; attempt < 50; attempt++) {
    const world = tryWorld(ref, random('world', ref.level, ref.family, ref.seed, attempt))
    if (world) return world
  }
  throw new Error(`no room for the ${ref.family} question of world ${ref.seed} (${ref.level})`)
}

/** Undefined if there was no room for what the question needs. */
function tryWorld({ seed, level, family, draw }: WorldRef, rng: Random): World | undefined {
  const spec = worldLevels[level]
  const size = rng.pick(spec.sizes)
  const plan = makePlan(rng, family, spec, draw)
  const clutter = clutterFor(plan)
  const room = new Room(rng, size, spec)

  const rugs = room.rugs(family === 'count' ? plan.rugs : plainRugs(rng, spec, clutter))
  const needed = room.exhibits([...plan.targets, ...plan.lookAlikes])
  if (rugs.length < plan.rugs.length || needed.length < plan.targets.length + plan.lookAlikes.length) return undefined
  const targetExhibits = needed.slice(0, plan.targets.length)
  const kept = [...needed.map(wholeBox), ...(family === 'count' ? rugs.map(({ box }) => box) : [])]
  const described = describedIn(plan.question)
  const fillers = Array.from({ length: Math.max(0, inRange(rng, spec.exhibits) - needed.length) }, () =>
    plan.filler(rng.pick(clutter)),
  ).filter((filler) => !described.some((of) => sameThing(filler, of)))
  const others = room.exhibits(fillers)
  const scenery = room.scenery(inRange(rng, spec.scenery), clutter)
  return {
    kind: 'world',
    level,
    seed,
    ...size,
    ...makeGround(rng, plan, size),
    rugs,
    scenery,
    exhibits: rng.shuffle([...needed, ...others]),
    leaves: room.leaves(inRange(rng, spec.leaves), kept),
    question: plan.question,
    answer: plan.answer,
    choices: plan.choices,
    targets: targetBoxes(plan, targetExhibits, rugs),
    lookAlikes: plan.lookAlikeCount,
  }
}

function sameThing(filler: ExhibitPlan, of: Description): boolean {
  return matches(layExhibit(filler, 10, 0, 0), of)
}

function targetBoxes({ question }: ScenePlan, exhibits: readonly Exhibit[], rugs: readonly Rug[]): PixelBox[] {
  if (question.family === 'count') {
    return question.rugs.flatMap((colour) => rugs.filter((rug) => rug.colour === colour).map(({ box }) => box))
  }
  if (question.family !== 'relation') return exhibits.map(({ box }) => box)
  return exhibits.map(({ box, around }) => union(around ? [box, around[question.side].box] : [box]))
}

/** Rugs that no question asks about. */
function plainRugs(rng: Random, { rugs, onRug }: WorldLevel, clutter: readonly Icon[]): RugPlan[] {
  const colours = rng.shuffle(frameColours).slice(0, rng.int(rugs >> 1) + (rugs >> 2))
  return colours.map((colour) => ({
    colour,
    icons: Array.from({ length: inRange(rng, onRug) }, () => rng.pick(clutter)),
  }))
}

function inRange(rng: Random, [low, high]: Range): number {
  return low + rng.int(high - low + 1)
}

/** The picture while it fills: everything that is put down keeps clear of what lies there already. */
class Room {
  readonly #rng: Random
  readonly #size: Size
  readonly #taken: PixelBox[] = []
  /** Icons of targets and their like are between these two widths. */
  readonly #iconPx: Range

  constructor(rng: Random, size: Size, spec: WorldLevel) {
    this.#rng = rng
    this.#size = size
    const [low, high] = spec.targetShare
    const area = size.width * size.height
    this.#iconPx = [Math.ceil(Math.sqrt(low * area)), Math.floor(Math.sqrt(high * area))]
  }

  #put(size: Size, gap: number): PixelBox | undefined {
    const box = findPlace(this.#rng, this.#size, size, Math.round(gap), this.#taken)
    if (box) this.#taken.push(box)
    return box
  }

  exhibits(plans: readonly ExhibitPlan[]): Exhibit[] {
    return plans.flatMap((plan) => {
      const side = inRange(this.#rng, this.#iconPx)
      const outline = wholeBox(layExhibit(plan, side, 0, 0))
      const box = this.#put({ width: outline[2] - outline[0], height: outline[3] - outline[1] }, side * 0.4)
      return box ? [layExhibit(plan, side, box[0] - outline[0], box[1] - outline[1])] : []
    })
  }

  rugs(plans: readonly RugPlan[]): Rug[] {
    return plans.flatMap(({ colour, icons }) => {
      const side = inRange(this.#rng, this.#iconPx)
      const columns = Math.ceil(Math.sqrt(icons.length * this.#rng.between(0.9, 1.8)))
      const rows = Math.ceil(icons.length / columns)
      const cell = Math.round(side * 1.75)
      const border = Math.round(side * 0.6)
      const box = this.#put({ width: columns * cell + 2 * border, height: rows * cell + 2 * border }, side)
      if (!box) return []
      const cells = this.#rng.shuffle(Array.from({ length: columns * rows }, (_, n) => n)).slice(0, icons.length)
      const stickers = cells.map((at, n) => {
        const shift = (): number => Math.round((cell - side) / 2 + this.#rng.between(-0.12, 0.12) * side)
        const x = box[0] + border + (at % columns) * cell + shift()
        const y = box[1] + border + Math.floor(at / columns) * cell + shift()
        return { ...itemAt(icons, n), box: pixelBox(x, y, x + side, y + side) }
      })
      return [{ colour, box, stickers }]
    })
  }

  /** Stickers of many sizes, which may lie over each other but keep clear of the rest; the lower, the nearer. */
  scenery(count: number, icons: readonly Icon[]): Sticker[] {
    const rng = this.#rng
    const stickers = Array.from({ length: count }, () => {
      const times = rng.chance(0.5)
        ? rng.between(0.8, 1.6)
        : rng.chance(0.75)
          ? rng.between(1.6, 3.5)
          : rng.between(3.5, 8)
      const side = Math.round(this.#iconPx[1] * times)
      const box = findPlace(rng, this.#size, { width: side, height: side }, 8, this.#taken, 20)
      return box && { ...rng.pick(icons), box }
    })
    return stickers.filter((sticker) => sticker !== undefined).toSorted((a, b) => a.box[3] - b.box[3])
  }

  /** Leaves anywhere but over `kept`. */
  leaves(count: number, kept: readonly PixelBox[]): Leaf[] {
    const rng = this.#rng
    const leaves = Array.from({ length: count }, () => ({
      x: rng.int(this.#size.width),
      y: rng.int(this.#size.height),
      length: Math.round(this.#iconPx[1] * rng.between(0.4, 1.1)),
      turn: rng.int(360),
      tone: rng.int(4),
    }))
    return leaves.filter((leaf) => !kept.some((box) => overlaps(grown(box, 2), leafBox(leaf))))
  }
}

/** Colours of grass, sand, earth, asphalt, stone and snow. */
const groundColours = [
  [126, 158, 92],
  [206, 184, 140],
  [146, 116, 88],
  [104, 108, 114],
  [168, 164, 156],
  [214, 220, 226],
] as const

/** Tones of old prints, in the middle between light and dark. */
const printColours = [
  [150, 132, 106],
  [138, 138, 138],
  [122, 136, 150],
  [146, 126, 118],
] as const

/** One world in three has a photograph below its texture, where one shows nothing of what is asked. */
function makeGround(rng: Random, plan: ScenePlan, picture: Size): Pick<World, 'ground' | 'photograph'> {
  const names = groundsFor(plan)
  const seed = rng.int(2 ** 31)
  const shade = rng.between(-14, 14)
  const shaded = ([r, g, b]: (typeof groundColours | typeof printColours)[number]) =>
    [r + shade, g + shade, b + shade] as const
  if (names.length === 0 || rng.chance(2 / 3)) {
    return { ground: { seed, rgb: shaded(rng.pick(groundColours)), amplitude: rng.between(14, 26) } }
  }
  const photograph = cutPhotograph(rng, rng.pick(names), picture)
  return { ground: { seed, rgb: shaded(rng.pick(printColours)), amplitude: rng.between(7, 11) }, photograph }
}
