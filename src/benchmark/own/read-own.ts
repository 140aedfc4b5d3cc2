/** Reads the user's own problems from a table of any kind, and says which columns it took for what. */
import { dirname, resolve } from 'node:path'
import { stat } from 'node:fs/promises'
import { itemAt } from '../../shared/known.ts'
import type { ReadBenchmarkOptions } from '../benchmark.ts'
import { gatherEntries } from '../entry.ts'
import type { BenchmarkEntry } from '../entry.ts'
import { checkColumns, columnsOf, columnsText, lackingRoles } from './columns.ts'
import type { OwnColumns } from './columns.ts'
import { findTable } from './find-table.ts'
import { ownEntry } from './row-entry.ts'
import { ownPictures } from './own-pictures.ts'
import { ownRows } from './rows.ts'
import type { OwnRow } from './own-row.ts'

/** Throws UserError `data-row`, `data-columns`, and the errors of `findTable`. */
export async function readOwn(path: string, options: ReadBenchmarkOptions = {}): Promise<BenchmarkEntry[]> {
  const files = await findTable(path, options.split === 'train' ? 'train' : 'test')
  const table = itemAt(files, 0)
  const folder = resolve((await stat(path)).isDirectory() ? path : dirname(path))
  const pictures = ownPictures(table, folder)
  const known = new Map<string, OwnColumns>()
  const columnsFor = (row: OwnRow): OwnColumns => {
    const names = row.columns ?? Object.keys(row.values)
    const key = names.join('\n')
    const columns = known.get(key) ?? columnsOf(names, row.values)
    if (!known.has(key)) {
      // In JSON, a row may lack a field; without two of them it is another kind of file.
      if (row.columns !== undefined || (known.size === 0 && lackingRoles(columns).length > 1))
        checkColumns(table, names, columns)
      const from = row.from === undefined ? '' : `, from "${row.from}"`
      if (known.size === 0) options.onColumns?.(`${table}${from}: ${columnsText(columns)}.`)
      known.set(key, columns)
    }
    return columns
  }
  async function* rows(): AsyncGenerator<OwnRow, void> {
    let before = 0
    for (const file of files) {
      let last = 0
      for await (const row of ownRows(file)) {
        last = row.number
        yield { ...row, number: before + row.number }
      }
      before += last
    }
  }
  const entries = await gatherEntries(rows(), (row) => ownEntry(row, columnsFor(row), folder, pictures), options)
  if (options.onNote !== undefined) for (const note of await pictures.notes()) options.onNote(note)
  return entries
}
