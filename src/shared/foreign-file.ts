/** Recognises files under the name of a table that are something else, by their first bytes. */
import { UserError } from './errors.ts'

/** Bytes to inspect. */
export const foreignHeadBytes = 512

/** Completes "<file> is ...". */
export const spreadsheet =
  'a spreadsheet, which is not supported. Save it as CSV (in Excel: "CSV UTF-8") and name that file.'

const zip = 'PK\x03\x04'

/** In latin1. */
const kinds: readonly (readonly [magic: string, what: string])[] = [
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', spreadsheet],
  [zip, 'a ZIP archive. Unpack it and name the folder.'],
  ['PAR1', 'a parquet file. Rename it so that it ends in .parquet.'],
  ['ARROW1', 'an Arrow (Feather) file, which is not supported. Write it as parquet, with to_parquet of pandas.'],
  ['version https://git-lfs', 'a Git LFS pointer instead of the data. Run `git lfs pull` in its repository.'],
]

function kindOf(head: string): string | undefined {
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)/i.test(head))
    return 'a web page: log in if needed, and download the file again.'
  const isOffice = /\[Content_Types\]|_rels\/|docProps\/|xl\/|opendocument/.test(head)
  return head.startsWith(zip) && isOffice ? spreadsheet : kinds.find(([magic]) => head.startsWith(magic))?.[1]
}

/** Throws UserError `data-not-table`. */
export function refuseForeign(path: string, head: Uint8Array): void {
  const text = Buffer.from(head).toString('latin1')
  const kind = kindOf(text)
  if (kind === undefined || (text.startsWith('PAR1') && /\.parquet$/i.test(path))) return
  throw new UserError('data-not-table', `${path} is ${kind}`)
}
