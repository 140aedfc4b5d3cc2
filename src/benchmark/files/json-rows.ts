/** Rows of JSON or JSON Lines whose pictures are files; null fields are absent. */
import type { Row } from '../entry.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { readJsonItems } from './json-items.ts'
import { withoutNulls } from './json-text.ts'
import { openText } from './text-source.ts'

export interface JsonRow extends Row {
  readonly fields: Fields
}

/** Throws UserError `data-not-json`. */
export async function* jsonRows(file: string): AsyncGenerator<JsonRow, void> {
  let number = 0
  for await (const { value, broken } of readJsonItems(file, await openText(file))) {
    const place = `${file}, row ${++number}`
    yield { place, ...(broken !== undefined && { broken }), fields: fieldsOf(withoutNulls(value)) ?? {} }
  }
}
