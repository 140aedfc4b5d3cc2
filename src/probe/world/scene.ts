/**
 * A world as data: a ground, rugs, scenery, exhibits and leaves, drawn in this order, and one question about them. All boxes
 * are whole pixels of the picture at its full size. Nothing here knows how a thing is drawn.
 */
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Level } from '../../protocol/problem.ts'
import type { Ground } from '../scene.ts'
import type { Icon } from './icons.ts'
import type { Photograph } from './photograph.ts'

export const flagColours = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'white', 'black'] as const
export type WorldColour = (typeof flagColours)[number]
/** Frames and rugs have pale insides, so none of them is white. */
export const frameColours = flagColours.filter((colour) => colour !== 'white')

export const frameShapes = ['round', 'square', 'hexagonal', 'diamond-shaped'] as const
export type FrameShape = (typeof frameShapes)[number]

export const families = ['read', 'attribute', 'identity', 'relation', 'count', 'compare'] as const
export type Family = (typeof families)[number]

export const sides = ['left', 'right', 'above', 'below'] as const
export type Side = (typeof sides)[number]

/** An icon by itself. */
export interface Sticker extends Icon {
  readonly box: PixelBox
}

/** A framed icon, with or without a flag above and a sign below. */
export interface Exhibit extends Icon {
  readonly iconBox: PixelBox
  readonly frame: { readonly shape: FrameShape; readonly colour: WorldColour; readonly box: PixelBox }
  readonly flag?: { readonly colour: WorldColour; readonly box: PixelBox }
  readonly sign?: { readonly text: string; readonly style: number; readonly box: PixelBox; readonly textPx: number }
  /** All of it. */
  readonly box: PixelBox
  /** Plain stickers around it, on each side one; with them its surroundings are part of the question. */
  readonly around?: Readonly<Record<Side, Sticker>>
}

/** A coloured rug with stickers on it. */
export interface Rug {
  readonly colour: WorldColour
  readonly box: PixelBox
  readonly stickers: readonly Sticker[]
}

/** Clutter that lies over everything but targets. */
export interface Leaf {
  readonly x: number
  readonly y: number
  readonly length: number
  /** Degrees, clockwise. */
  readonly turn: number
  readonly tone: number
}

/** What tells exhibits apart in a question; a property that is absent does not matter. */
export interface Description {
  readonly icon?: string
  readonly frame?: { readonly shape: FrameShape; readonly colour: WorldColour }
  readonly flag?: WorldColour
  readonly text?: string
}

export type WorldQuestion =
  | { readonly family: 'read'; readonly of: Description }
  | { readonly family: 'attribute'; readonly of: Description; readonly part: 'flag' | 'frame' }
  | { readonly family: 'identity'; readonly of: Description }
  /** What is in the frame whose sign says the same as that of another exhibit. */
  | { readonly family: 'identity'; readonly twinOf: Description }
  | { readonly family: 'relation'; readonly of: Description; readonly side: Side }
  | { readonly family: 'count'; readonly icon: string; readonly rugs: readonly WorldColour[] }
  | { readonly family: 'compare'; readonly of: readonly Description[]; readonly most: 'largest' | 'smallest' }

export interface World extends Size {
  readonly kind: 'world'
  readonly level: Level
  readonly seed: number
  readonly ground: Ground
  /** What the ground shows below its texture. */
  readonly photograph?: Photograph
  readonly rugs: readonly Rug[]
  readonly scenery: readonly Sticker[]
  readonly exhibits: readonly Exhibit[]
  readonly leaves: readonly Leaf[]
  readonly question: WorldQuestion
  /** What the maker meant to be the answer; `solve` finds it again without knowing it. */
  readonly answer: string
  /** Four answers to choose from. */
  readonly choices: readonly string[]
  /** Where the answer is found: exhibits, an exhibit with its neighbour, or a rug each. */
  readonly targets: readonly PixelBox[]
  /** Things that differ from a target in one property. */
  readonly lookAlikes: number
}

/** Whether an exhibit is what a description says. */
export function matches(exhibit: Exhibit, { icon, frame, flag, text }: Description): boolean {
  return (
    (icon === undefined || exhibit.icon === icon) &&
    (frame === undefined || (exhibit.frame.shape === frame.shape && exhibit.frame.colour === frame.colour)) &&
    (flag === undefined || exhibit.flag?.colour === flag) &&
    (text === undefined || exhibit.sign?.text === text)
  )
}

/** The exhibits that a question describes. */
export function describedIn(question: WorldQuestion): readonly Description[] {
  if (question.family === 'count') return []
  if ('twinOf' in question) return [question.twinOf]
  return question.family === 'compare' ? question.of : [question.of]
}

/** How a question has to be looked at: one place, several one after the other, or several whose values are compared. */
export const looks = ['one', 'several', 'comparison'] as const
export type Looks = (typeof looks)[number]

export function looksOf({ question, targets }: Pick<World, 'question' | 'targets'>): Looks {
  if (question.family === 'compare') return 'comparison'
  return targets.length > 1 ? 'several' : 'one'
}
