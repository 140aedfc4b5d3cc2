/** JSON documents that hold their rows one level down: `{"data": [...]}`, rows by name, or the columns that pandas writes. Pure. */
import { fieldsOf, isRecord } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { columnsOf, lackingRoles } from './columns.ts'

const wrappers = [
  'data',
  'items',
  'rows',
  'examples',
  'samples',
  'problems',
  'questions',
  'annotations',
  'instances',
  'dataset',
  'test',
  'validation',
  'val',
  'train',
]

/** The rows of a document; undefined if it is a row itself. */
export function rowsInside(document: unknown): readonly unknown[] | undefined {
  const fields = fieldsOf(document)
  if (fields === undefined || Array.isArray(document)) return undefined
  const values = Object.values(fields)
  if (fits(fields) && values.length > 0) {
    if (values.every((value) => Array.isArray(value))) return columnsAsRows(fields)
    if (values.every(isRecord))
      return columnsAsRows(
        Object.fromEntries(
          Object.entries(fields).map(([name, column]) => [name, Object.values(fieldsOf(column) ?? {})]),
        ),
      )
    return undefined
  }
  const split = splitRows(fields)
  if (split !== undefined) return split
  const wrapper = wrappers.find((name) => Array.isArray(fields[name]) && fields[name].some(isRecord))
  if (wrapper !== undefined) return rowList(fields[wrapper])
  if (values.length === 0 || !values.every(isRecord)) return undefined
  return Object.entries(fields).map(([id, row]) => ({ id, ...fieldsOf(row) }))
}

function fits(fields: Fields): boolean {
  return lackingRoles(columnsOf(Object.keys(fields))).length === 0
}

function rowList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** `{"columns": ["image", ...], "data": [["a.png", ...], ...]}`, as `orient="split"` of pandas writes it. */
function splitRows({ columns, data }: Fields): readonly Fields[] | undefined {
  if (!Array.isArray(columns) || !columns.every((name) => typeof name === 'string')) return undefined
  if (!Array.isArray(data) || !data.every((row) => Array.isArray(row) && row.length === columns.length))
    return undefined
  return data.map((row) => Object.fromEntries(columns.map((name, at) => [name, rowList(row)[at]])))
}

/** `{"image": [...], "question": [...]}` as rows. */
function columnsAsRows(columns: Fields): readonly Fields[] | undefined {
  const lists = Object.entries(columns).map(([name, list]) => [name, rowList(list)] as const)
  const length = lists[0]?.[1].length ?? 0
  if (lists.some(([, list]) => list.length !== length)) return undefined
  return Array.from({ length }, (_, at) => Object.fromEntries(lists.map(([name, list]) => [name, list[at]])))
}
