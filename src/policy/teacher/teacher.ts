/**
 * A scripted searcher that generates cold-start trajectories on scenes of kind `shapes`. It knows the scene but uses only what a view of
 * that size would show: it lists the places with the target's colour, zooms into them one by one, reports what it sees, rejects
 * distractors, returns to earlier views for remaining places, scans the quadrants if none remain, zooms further if the shape matches
 * but the digit is too small, and only answers what it can read. Every decision follows from the question, its last thought and the
 * view, so a policy that sees only those can learn it.
 */
import { defaultConfig } from '../../model/config.ts'
import {
  cellAt,
  cellName,
  cellsInOrder,
  cellsPerSide,
  closerBox,
  coordinate,
  legiblePx,
  maxPlaces,
  parseCell,
  phrases,
  placeBox,
  quadrants,
  readablePx,
  visiblePx,
} from '../../model/language.ts'
import type { Problem } from '../../protocol/problem.ts'
import type { Region } from '../../probe/draw.ts'
import { type Goal, parseGoal } from '../../probe/problem.ts'
import type { Scene, SceneObject } from '../../probe/scene.ts'
import { UserError } from '../../shared/errors.ts'
import { random, type Random } from '../../shared/random.ts'
import { defined, itemAt } from '../../shared/known.ts'
import type { Message, Policy, Reply, Session } from '../policy.ts'
import { sourceAt } from '../../protocol/source.ts'

export interface TeacherOptions {
  /** Returns the scene of a problem. */
  readonly sceneOf: (problem: Problem) => Scene
  /**
   * Probability, each time it lists places, of including a wrong candidate. In the overview it is three times as likely to overlook a
   * target that shows as a speck: its list then runs out, and it scans the quadrants, as a policy has to that overlooks one.
   */
  readonly mistakeRate?: number | undefined
}

/** A place to be checked: a cell or quadrant of a source view. */
interface Place {
  readonly source: string
  readonly name: string
}

export function teacherPolicy(options: TeacherOptions): Policy {
  return {
    name: 'teacher',
    open: (problem, { seed }) => openSession(options, problem, random('teacher', problem.docId, seed)),
  }
}

function openSession(options: TeacherOptions, problem: Problem, rng: Random): Session {
  const scene = options.sceneOf(problem)
  const goal = goalOf(problem)
  let pictureSide = 0
  let toCheck: readonly Place[] = []
  let place: Place | undefined
  const sourceRegions = new Map<string, Region>()

  function turn(message: Message): string {
    if (message.kind === 'error') return write(goal, { text: '', places: [] }, toCheck.slice(1))
    const source = sourceAt(message.kind === 'question' ? 0 : message.index)
    const { boxPx } = defined(message.view, 'a view')
    if (message.kind === 'question') pictureSide = boxPx[2]
    const [x0, y0, x1, y1] = boxPx
    const region: Region = [x0 / pictureSide, y0 / pictureSide, x1 / pictureSide, y1 / pictureSide]
    sourceRegions.set(source, region)
    const parent = place && sourceRegions.get(place.source)
    const core = parent && place && isCell(place.name) ? coreOf(parent, place.name) : undefined
    const seen = look(scene, goal, region, core, source, options.mistakeRate ?? 0, rng)
    return write(goal, seen, toCheck.slice(1))
  }

  /** Writes the turn and remembers the remaining places. */
  function write(target: Goal, { text, places: fresh, digit, closer }: Seen, kept: readonly Place[]): string {
    const head = `${phrases.goal} ${target.colour} ${target.shape}.${text}`
    if (digit !== undefined) return `${head}${digit}.${phrases.answer}${digit}${phrases.endAnswer}`
    let places = [...fresh, ...kept].slice(0, maxPlaces)
    let scan = ''
    if (places.length === 0) {
      places = quadrants.map((name) => ({ source: 'original_image', name }))
      scan = phrases.scanning
    }
    toCheck = places
    place = itemAt(places, 0)
    const cell = closer ? parseCell(place.name) : undefined
    const box = (cell ? closerBox(cell) : defined(placeBox(place.name), place.name)).map(coordinate).join(', ')
    const action = `${phrases.zoom}${box}${phrases.source}${place.source}${phrases.endZoom}`
    return `${head}${scan}${phrases.toCheck}${listPlaces(places)}.${action}`
  }

  return {
    take: (message) => {
      const text = turn(message)
      const reply: Reply = { text, finish: 'stop', usage: { promptTokens: 0, imageTokens: 0, replyTokens: 0 } }
      return Promise.resolve(reply)
    },
    close: () => {},
  }
}

function goalOf({ question }: Problem): Goal {
  const goal = parseGoal(question)
  if (!goal) throw new UserError('question-unknown', `The teacher only knows "${phrases.question} <colour> <shape>?".`)
  return goal
}

function isCell(name: string): boolean {
  return !quadrants.some((quadrant) => quadrant === name)
}

/** The part of the picture covered by a cell of the view of `parent`, with a margin of one view pixel. */
function coreOf(parent: Region, name: string): Region {
  const cell = defined(parseCell(name), name)
  const side = parent[2] - parent[0]
  const pixel = side / defaultConfig.viewPx
  const cellSide = side / cellsPerSide
  const x = parent[0] + cell.column * cellSide
  const y = parent[1] + cell.row * cellSide
  return [x - pixel, y - pixel, x + cellSide + pixel, y + cellSide + pixel]
}

interface Seen {
  readonly text: string
  readonly places: readonly Place[]
  /** The answer, if the target was read. */
  readonly digit?: number
  /** Whether the first place may be the target with its digit too small to read. */
  readonly closer?: boolean
}

/** Below this side in pixels of a view a thing is easily overlooked. */
const speckPx = 2

/** What a view shows; `core` is set if it was opened to inspect one cell. */
function look(
  scene: Scene,
  goal: Goal,
  region: Region,
  core: Region | undefined,
  source: string,
  mistakeRate: number,
  rng: Random,
): Seen {
  const side = region[2] - region[0]
  const sidePx = (object: SceneObject): number => (object.side / side) * defaultConfig.viewPx
  const area = core ?? region
  const inArea = scene.objects.filter((object) => contains(area, object) && contains(region, object))
  const alike = inArea.filter((object) => object.colour === goal.colour && sidePx(object) >= visiblePx)

  const nameOf = ({ x, y }: SceneObject): string => cellName(cellAt((x - region[0]) / side, (y - region[1]) / side))
  const wholePicture = side > 0.9
  const legible = core || wholePicture ? alike.filter((object) => sidePx(object) >= legiblePx) : []
  const centre = { x: (region[0] + region[2]) / 2, y: (region[1] + region[3]) / 2 }
  const nearest = legible.sort((a, b) => distance(a, centre) - distance(b, centre))[0]
  if (nearest) {
    const text = `${phrases.see} ${nearest.shape}`
    if (nearest.shape === goal.shape && sidePx(nearest) < readablePx) {
      return { text: text + phrases.closer, places: [{ source, name: nameOf(nearest) }], closer: true }
    }
    if (nearest.shape === goal.shape) return { text: text + phrases.found, places: [], digit: nearest.digit }
    if (core) return { text: text + phrases.notIt, places: [] }
  }

  let candidates = alike.filter((object) => object !== nearest)
  const speck = candidates.find((object) => object.shape === goal.shape && sidePx(object) < speckPx)
  if (wholePicture && speck && rng.chance(3 * mistakeRate)) candidates = candidates.filter((object) => object !== speck)
  const decoys = inArea.filter((object) => object.colour !== goal.colour && sidePx(object) >= visiblePx)
  if (decoys.length > 0 && rng.chance(mistakeRate)) candidates = [...candidates, rng.pick(decoys)]
  const names = new Set(candidates.map(nameOf))
  const places = cellsInOrder.map(cellName).filter((name) => names.has(name))
  const found = places.length > 0 ? (core ? phrases.tooSmall : phrases.candidates) : undefined
  const text = found ?? (core ? phrases.nothingHere : phrases.nothingStandsOut)
  return { text, places: places.map((name) => ({ source, name })) }
}

function contains(region: Region, { x, y }: { x: number; y: number }): boolean {
  return x >= region[0] && x < region[2] && y >= region[1] && y < region[3]
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

/** `observation_2 c4 e5, original_image g2`: consecutive places of the same source share its name. */
function listPlaces(places: readonly Place[]): string {
  let text = ''
  let last = ''
  for (const { source, name } of places) {
    if (source !== last) text += (text === '' ? '' : phrases.nextSource) + source
    text += ` ${name}`
    last = source
  }
  return text
}
