/** A row of the user's own table, of whatever form. */
import type { Fields } from '../../shared/fields.ts'
import type { Row } from '../entry.ts'
import type { ReadAt } from '../files/text-source.ts'

export interface OwnRow extends Row {
  /** Number of the row or line, for a name. */
  readonly number: number
  /** All columns of a table; absent where each row has its own fields. */
  readonly columns?: readonly string[]
  /** Empty values are absent. */
  readonly values: Fields
  /** The field of a conversation from which question and answer were taken. */
  readonly from?: string
  /** The text in which each `LongText` of the values stands. */
  readonly source?: ReadAt
}

/** A picture in the file of the table that is read when it is opened. */
export class StoredPicture {
  readonly read: () => Promise<unknown>
  constructor(read: () => Promise<unknown>) {
    this.read = read
  }
}
