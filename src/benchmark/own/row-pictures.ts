/** The pictures of a row of the user's own table: files named by it, or encoded in it. */
import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fieldsOf } from '../../shared/fields.ts'
import { rowError } from '../entry.ts'
import type { BenchmarkEntry } from '../entry.ts'
import { LongText } from '../files/json-items.ts'
import { isInside, pictureFinder } from '../files/picture-files.ts'
import { decodeBase64, embeddedPicture, pictureFile, readBase64 } from '../files/stored-picture.ts'
import type { OwnRow } from './rows.ts'

type PictureMethods = Pick<BenchmarkEntry, 'openPicture' | 'openFurther' | 'checkPicture'>

export interface RowPictures {
  /** Throws UserError `data-row` for a picture that is not there. */
  of(row: OwnRow, values: readonly unknown[]): Promise<readonly PictureMethods[]>
}

/** Pictures are looked up relative to the table, then anywhere below `folder`, and nowhere else. */
export function rowPictures(table: string, folder: string): RowPictures {
  const finder = pictureFinder()
  const beside = dirname(table)
  const root = realpath(folder)

  async function named(place: string, name: string): Promise<PictureMethods> {
    const found = await finder.anywhere(beside, folder, name)
    if ('missing' in found) throw rowError(place, found.missing)
    const file = await realpath(found.file)
    if (!isInside(homeOf(await root), file)) {
      throw rowError(place, `${name} is a link to ${file}, which is outside ${folder}: copy the picture there`)
    }
    return pictureFile(found.file)
  }

  async function one(row: OwnRow, value: unknown, at: number): Promise<PictureMethods> {
    const { place, source } = row
    if (value instanceof LongText && source !== undefined) {
      return embeddedPicture(place, () => readBase64({ read: source, start: value.start, end: value.end }))
    }
    if (typeof value === 'string' && isEncoded(value)) return embeddedPicture(place, async () => decodeBase64(value))
    const inner = fieldsOf(value)
    const stored = inner === undefined ? value : (inner['bytes'] ?? inner['path'])
    if (inner !== undefined && stored !== undefined && stored !== null) return one(row, stored, at)
    if (typeof stored === 'string' && stored.trim() !== '') return named(place, stored.trim())
    throw rowError(place, `field image.${at}: has to be the name of a picture file, or a picture as base64`)
  }

  return { of: (row, values) => Promise.all(values.map((value, at) => one(row, value, at))) }
}

/** A picture as base64 rather than its name. */
export function isEncoded(value: string): boolean {
  return /^data:[^,]{0,100},/.test(value) || (value.length > 400 && /^[\w+/=\s-]+$/.test(value))
}

/** Snapshots of the Hugging Face cache consist of links into the folder of their repository. */
function homeOf(folder: string): string {
  const snapshots = dirname(folder)
  return basename(snapshots) === 'snapshots' ? dirname(snapshots) : folder
}
