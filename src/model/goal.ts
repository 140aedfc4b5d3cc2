/** What a question asks for: the goal that the network looks at pictures with. */
import { itemAt } from '../shared/known.ts'
import { colours, shapes } from '../probe/scene.ts'
import { tokenOf } from './tokenizer.ts'

const colourTokens = colours.map((colour) => tokenOf(` ${colour}`))
export const shapeTokens: ReadonlySet<number> = new Set(shapes.map((shape) => tokenOf(` ${shape}`)))

export interface NamedGoal {
  /** The first colour and the first shape of the text. */
  readonly goalTokens: readonly number[]
  /** That colour by number; -1 without one. */
  readonly colour: number
}

export function goalOf(tokens: readonly number[]): NamedGoal {
  const colour = tokens.findIndex((token) => colourTokens.includes(token))
  const shape = tokens.findIndex((token) => shapeTokens.has(token))
  const goalTokens = [colour, shape].filter((index) => index >= 0).map((index) => itemAt(tokens, index))
  return { goalTokens, colour: Math.max(-1, ...goalTokens.map((token) => colourTokens.indexOf(token))) }
}
