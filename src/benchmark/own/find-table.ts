/** Which file of a folder is the user's table of problems; the folder may be a Hugging Face data set. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UserError } from '../../shared/errors.ts'
import { spreadsheet } from '../../shared/foreign-file.ts'
import { isPictureName } from '../files/picture-files.ts'
import { notOpened, plainName, shardFolders } from '../files/find-file.ts'

/** Preferred splits, by the command that reads the data. */
const splits = { test: ['test', 'validation', 'valid', 'val', 'dev', 'eval', 'train'], train: ['train'] } as const

const endings = ['jsonl', 'json', 'csv', 'tsv', 'parquet']
const table = new RegExp(`\\.(?:${endings.join('|')})$`, 'i')
const spreadsheetName = /\.(?:xlsx?|xlsm|ods|numbers)$/i
/** Files of data sets and programs that hold no problems. */
const described = /^(?:dataset_infos?|dataset_dict|state|config|package|package-lock|tsconfig|readme)\.json$/i

/**
 * `path` itself, or files of the folder, of which all but parquet is one: `problems.*`, `metadata.*`, the split, or the only table; in the
 * folder, in those of Hugging Face data sets, or in any other. Throws UserError `data-not-found`, `data-ambiguous`, `data-spreadsheet` or
 * `data-arrow`.
 */
export async function findTable(path: string, split: 'test' | 'train'): Promise<readonly string[]> {
  const stats = await stat(path).catch((error: unknown) => {
    throw notOpened(path, error)
  })
  if (!stats.isDirectory()) {
    if (spreadsheetName.test(path)) throw isSpreadsheet(path)
    if (!table.test(plainName(path)) && !/\.(?:txt|tab)$/i.test(plainName(path))) throw noTable(path)
    return [path]
  }
  const top = await readdir(path, { withFileTypes: true })
  const folders = top.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name)
  const known = [...shardFolders(''), ...splits[split]]
  const others = folders.filter((name) => !known.includes(name)).toSorted()
  for (const below of ['', ...known, ...others]) {
    const folder = join(path, below)
    const names = await readdir(folder).catch(() => [])
    refuseArrow(folder, names)
    const found = chosen(folder, names.toSorted(), splits[split])
    if (found.length > 0) return found.map((name) => join(folder, name))
  }
  throw nothingFound(
    path,
    top.map(({ name }) => name),
  )
}

function chosen(folder: string, present: readonly string[], wanted: readonly string[]): readonly string[] {
  const isTable = (name: string): boolean =>
    table.test(plainName(name)) && !described.test(name) && !name.startsWith('.')
  const packed = (name: string): boolean => name !== plainName(name) && present.includes(plainName(name))
  const tables = present.filter((name) => isTable(name) && !packed(name))
  for (const stem of ['problems', 'metadata']) {
    const named = endings.flatMap((ending) =>
      tables.filter((name) => plainName(name).toLowerCase() === `${stem}.${ending}`),
    )
    if (named[0] !== undefined) return [named[0]]
  }
  for (const split of wanted) {
    const named = tables.filter((name) => new RegExp(`^${split}(?:[-_.]|$)`, 'i').test(name))
    const parquet = named.filter((name) => /\.parquet$/i.test(name))
    if (parquet.length > 0) return parquet
    if (named.length === 1) return named
    if (named.length > 1) throw severalTables(folder, named)
  }
  if (tables.length <= 1 || tables.every((name) => /\.parquet$/i.test(name))) return tables
  throw severalTables(folder, tables)
}

function severalTables(folder: string, names: readonly string[]): UserError {
  const why = `${folder} contains several tables. Name one of them: ${names.slice(0, 8).join(', ')}.`
  return new UserError('data-ambiguous', why)
}

function isSpreadsheet(file: string): UserError {
  return new UserError('data-spreadsheet', `${file} is ${spreadsheet}`)
}

function noTable(file: string): UserError {
  const why = `${file} is not a table: name a folder, or a file that ends in ${endings.map((one) => `.${one}`).join(', ')} or .txt.`
  return new UserError('data-not-table', why)
}

/** The folder of `save_to_disk`, whose Arrow files are not read. */
function refuseArrow(folder: string, names: readonly string[]): void {
  const isDict = names.includes('dataset_dict.json')
  if (
    !isDict &&
    !(names.some((name) => name.endsWith('.arrow')) && !names.some((name) => table.test(name) && !described.test(name)))
  )
    return
  const of = isDict ? '["test"]' : ''
  const why =
    `${folder} is a data set in Arrow files (save_to_disk), which are not supported. Write it as parquet, in Python: ` +
    `from datasets import load_from_disk; load_from_disk(${JSON.stringify(basename(folder))})${of}.to_parquet("problems.parquet")`
  throw new UserError('data-arrow', why)
}

function nothingFound(path: string, names: readonly string[]): UserError {
  const sheet = names.find((name) => spreadsheetName.test(name))
  if (sheet !== undefined) return isSpreadsheet(join(path, sheet))
  const pictures = names.filter(isPictureName).length
  const present =
    pictures > 0 ? `${pictures} ${pictures === 1 ? 'picture' : 'pictures'}` : names.slice(0, 8).join(', ') || 'nothing'
  const why =
    `There is no table of problems in ${path}, which contains ${present}. Check the path, or add a CSV file with the columns ` +
    'image, question, answer (or .tsv, .json, .jsonl, .parquet). mini-o3 eval --list has the layouts of benchmarks.'
  return new UserError('data-not-found', why)
}
