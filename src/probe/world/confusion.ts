/** Keeps apart what could be taken for the things of a question: by these rules worlds are filled, and checked again. */
import { allStickers, shownBy } from './icons.ts'
import type { Icon } from './icons.ts'
import { alike, hasAny, wordsNear } from './kin.ts'
import { photographs } from './photograph.ts'
import { describedIn, sides } from './scene.ts'
import type { World, WorldQuestion } from './scene.ts'

type Asked = Pick<World, 'question' | 'choices'>

/** Names of stickers in a question and among its choices. */
function namesIn({ question, choices }: Asked): readonly string[] {
  const { family } = question
  const described = describedIn(question).flatMap(({ icon }) => icon ?? [])
  if (family === 'count') return [question.icon]
  return family === 'read' || family === 'attribute' ? described : [...described, ...choices]
}

/** What else a question speaks of. */
function partsIn(question: WorldQuestion): readonly string[] {
  if (question.family === 'count') return ['rug']
  const of = describedIn(question)
  const parts = {
    sign:
      question.family === 'read' ||
      question.family === 'compare' ||
      'twinOf' in question ||
      of.some(({ text }) => text),
    flag: of.some(({ flag }) => flag) || (question.family === 'attribute' && question.part === 'flag'),
    frame: true,
  }
  return (['sign', 'flag', 'frame'] as const).filter((part) => parts[part])
}

/** Which names may stand anywhere in the world of a question: those that it uses itself, and those that are like none of them. */
export function mayStand(asked: Asked): (name: string) => boolean {
  const names = new Set(namesIn(asked))
  const near = wordsNear([...names, ...partsIn(asked.question)])
  const nearParts = wordsNear(partsIn(asked.question))
  return (name) => (names.has(name) ? !hasAny(name, nearParts) : !hasAny(name, near))
}

/** Stickers for everything that a question does not need. */
export function clutterFor(asked: Asked): readonly Icon[] {
  const may = mayStand(asked)
  return allStickers().filter(({ icon }) => may(icon))
}

/** Photographs in which nothing of a question can be seen. */
export function groundsFor(asked: Asked): readonly string[] {
  const may = mayStand(asked)
  return photographs.filter(({ shows }) => shows.every(may)).map(({ name }) => name)
}

/** What a world shows or offers that could be taken for something that it asks about; nothing in a sound one. */
export function confusing(world: World): readonly string[] {
  const { exhibits, rugs, scenery, photograph } = world
  const may = mayStand(world)
  const around = exhibits.flatMap(({ around }) => (around ? sides.map((side) => around[side]) : []))
  const shown: readonly Icon[] = [...exhibits, ...around, ...rugs.flatMap(({ stickers }) => stickers), ...scenery]
  const wrong = shown.filter(({ icon, drawing }) => !may(icon) || shownBy(drawing) !== icon)
  const named = [...new Set(namesIn(world))]
  const pairs = named.filter((name, n) => named.some((other, m) => m > n && alike(name, other)))
  const ground = photograph && !groundsFor(world).includes(photograph.name) ? [photograph.name] : []
  return [...wrong.map(({ drawing }) => drawing), ...pairs, ...ground]
}
