/** Tools beside zoom, as data: each shows all of a picture in another way. A profile has none unless they are asked for. Pure. */
import { own } from '../shared/known.ts'
import { turnError } from './turn-error.ts'
import type { TurnError } from './turn-error.ts'

export const toolNames = ['rotate', 'flip', 'contrast', 'enlarge'] as const
export type ToolName = (typeof toolNames)[number]

/** A use of a tool, its argument checked. `degrees` counter-clockwise; `horizontal` swaps left and right. */
export type ToolUse =
  | { readonly tool: 'rotate'; readonly degrees: 90 | 180 | 270 }
  | { readonly tool: 'flip'; readonly axis: 'horizontal' | 'vertical' }
  | { readonly tool: 'contrast' | 'enlarge'; readonly factor: number }

interface ViewTool {
  /** The name of its argument, as in NeMo-Gym's image tools, and others under which models write it. */
  readonly argument: string
  readonly alias?: string
  readonly description: string
  /** What the argument has to be, in words. */
  readonly takes: string
  readonly schema: object
  readonly example: unknown
  /** Undefined: not such an argument. */
  read(value: unknown): ToolUse | undefined
}

const least = { contrast: 0.1, enlarge: 1 } as const
const mostFactor = 10

function factorTool(tool: 'contrast' | 'enlarge', description: string): ViewTool {
  const takes =
    tool === 'contrast' ? `a number from ${least.contrast} to ${mostFactor}` : `a number above 1, up to ${mostFactor}`
  return {
    argument: 'factor',
    description,
    takes,
    schema: { type: 'number' },
    example: 2,
    read: (value) => {
      const factor = numberIn(value)
      const within = factor <= mostFactor && (tool === 'contrast' ? factor >= least.contrast : factor > least.enlarge)
      return within ? { tool, factor } : undefined
    },
  }
}

export const viewTools: Readonly<Record<ToolName, ViewTool>> = {
  rotate: {
    argument: 'degrees',
    alias: 'angle',
    description: 'Turns a picture counter-clockwise.',
    takes: '90, 180 or 270',
    schema: { type: 'number', enum: [90, 180, 270] },
    example: 90,
    read: (value) => {
      const degrees = ((numberIn(value) % 360) + 360) % 360
      return degrees === 90 || degrees === 180 || degrees === 270 ? { tool: 'rotate', degrees } : undefined
    },
  },
  flip: {
    argument: 'axis',
    alias: 'direction',
    description: 'Mirrors a picture: "horizontal" swaps left and right, "vertical" top and bottom.',
    takes: '"horizontal" or "vertical"',
    schema: { type: 'string', enum: ['horizontal', 'vertical'] },
    example: 'horizontal',
    read: (value) => {
      const axis = typeof value === 'string' ? value.trim().toLowerCase() : value
      return axis === 'horizontal' || axis === 'vertical' ? { tool: 'flip', axis } : undefined
    },
  },
  contrast: factorTool('contrast', 'Shows a picture with its contrast multiplied: above 1 more, below 1 less.'),
  enlarge: factorTool('enlarge', 'Shows all of a picture larger, its sides multiplied.'),
}

function numberIn(value: unknown): number {
  return typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : Number.NaN
}

/** The use that a call asks for, by the name and the arguments that it writes. `tools`: those of the profile. */
export function readUse(
  { tool, values }: { readonly tool: string; readonly values: Readonly<Record<string, unknown>> },
  tools: readonly ToolName[],
  style: 'official' | 'helpful',
): ToolUse | TurnError {
  const name = tools.find((one) => one === tool)
  if (name === undefined)
    return turnError('unknown-tool', style, `${JSON.stringify(tool)}: there are zoom, ${tools.join(', ')}`)
  const { argument, alias, takes, read } = viewTools[name]
  const given = own(values, argument) ?? (alias === undefined ? undefined : own(values, alias))
  return (
    read(given) ??
    turnError(
      'bad-argument',
      style,
      `"${argument}" of ${name} has to be ${takes}, not ${JSON.stringify(given) ?? 'left out'}`,
    )
  )
}

/** As policies write the name of a tool, such as `image_rotate_tool`; zooming is none. */
export function toolNamed(written: unknown): string | undefined {
  if (typeof written !== 'string') return undefined
  const name = written
    .trim()
    .toLowerCase()
    .replace(/^image_/, '')
    .replace(/_tool$/, '')
  return /^(?:zoom(?:_in)?|crop|grounding)?$/.test(name) ? undefined : name
}

/** What was done to a picture, in words, such as `turned 90°`. */
export function useWords(use: ToolUse): string {
  switch (use.tool) {
    case 'rotate':
      return `turned ${use.degrees === 270 ? '90° clockwise' : use.degrees === 180 ? '180°' : '90° counter-clockwise'}`
    case 'flip':
      return use.axis === 'horizontal' ? 'left and right swapped' : 'top and bottom swapped'
    case 'contrast':
      return `with contrast × ${use.factor}`
    case 'enlarge':
      return `enlarged × ${use.factor}`
  }
}
