/** The box in the arguments of a call, and the picture that it names. Pure. */
import { plainBox } from '../protocol/box-unit.ts'
import type { Fields } from '../shared/fields.ts'
import { fieldsOf } from '../shared/fields.ts'

export type Corners = readonly [number, number, number, number]

export interface CalledBox {
  readonly corners: Corners
  /** Gemini's form: in thousandths, with the vertical coordinates first. */
  readonly isVerticalFirst: boolean
}

const listNames = /^(?:bbox(?:_2d)?|box(?:_2d)?|bounding_box|boxes|bboxes|region|crop|rect|coordinates|coords|area)$/i
const cornerNames: readonly (readonly [string, string, string, string])[] = [
  ['x0', 'y0', 'x1', 'y1'],
  ['x1', 'y1', 'x2', 'y2'],
  ['left', 'top', 'right', 'bottom'],
  ['x_min', 'y_min', 'x_max', 'y_max'],
  ['xmin', 'ymin', 'xmax', 'ymax'],
]
const sizeNames: readonly (readonly [string, string, string, string])[] = [
  ['x', 'y', 'width', 'height'],
  ['x', 'y', 'w', 'h'],
  ['left', 'top', 'width', 'height'],
]

/** Undefined if the call has none. */
export function boxIn(values: Fields): CalledBox | undefined {
  for (const [name, value] of Object.entries(values)) {
    if (!listNames.test(name)) continue
    const inner = fieldsOf(value)
    const corners =
      cornersOf(plainBox(value).bbox) ?? (inner && !Array.isArray(value) ? namedCorners(inner) : undefined)
    if (corners !== undefined) return { corners, isVerticalFirst: /^box_2d$/i.test(name) }
  }
  const corners = namedCorners(values)
  return corners && { corners, isVerticalFirst: false }
}

function namedCorners(values: Fields): Corners | undefined {
  for (const names of cornerNames) {
    const corners = cornersOf(names.map((name) => values[name]))
    if (corners !== undefined) return corners
  }
  for (const names of sizeNames) {
    const box = cornersOf(names.map((name) => values[name]))
    if (box !== undefined) return [box[0], box[1], box[0] + box[2], box[1] + box[3]]
  }
  return undefined
}

function cornersOf(value: unknown): Corners | undefined {
  const numbers: unknown[] = Array.isArray(value)
    ? value.map((part) => (typeof part === 'string' ? Number(part) : part))
    : []
  const [x0, y0, x1, y1] = numbers
  const isBox = numbers.length === 4 && numbers.every((part) => typeof part === 'number' && Number.isFinite(part))
  return isBox ? [Number(x0), Number(y0), Number(x1), Number(y1)] : undefined
}

const sourceNames = /^(?:source|image|image_id|image_idx|image_index|img_idx|img_id|target_image|picture|image_name)$/i

/** What the call says about its picture: a number, or a name such as `original_image` or `observation_2`. */
export function sourceIn(values: Fields): string | undefined {
  const [, value] = Object.entries(values).find(([name]) => sourceNames.test(name)) ?? []
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined
}
