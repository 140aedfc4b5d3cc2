/** The pictures of a row of the user's own table: files named by it, or encoded in it. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'
import { mostPictures } from '../../protocol/originals.ts'
import { fieldsOf } from '../../shared/fields.ts'
import { rowError } from '../entry.ts'
import type { BenchmarkEntry } from '../entry.ts'
import { LongText } from '../files/json-items.ts'
import { folded, isInside, pictureFinder } from '../files/picture-files.ts'
import { countBase64, decodeBase64, embeddedPicture, pictureFile, readBase64 } from '../files/stored-picture.ts'
import { pictureBytes } from '../files/table.ts'
import { StoredPicture } from './own-row.ts'
import type { OwnRow } from './own-row.ts'

type PictureMethods = Pick<BenchmarkEntry, 'openPicture' | 'openFurther' | 'checkPicture'>

export interface OwnPictures {
  /** Throws UserError `data-row` for a picture that is not there. */
  of(row: OwnRow, values: readonly unknown[]): Promise<readonly PictureMethods[]>
  /** What else is odd about the files, after all rows. */
  notes(): Promise<readonly string[]>
}

/** Pictures are looked up relative to the table, then anywhere below `folder`, and nowhere else. */
export function ownPictures(table: string, folder: string): OwnPictures {
  const finder = pictureFinder()
  const beside = dirname(table)
  const root = realpath(folder)
  const used = new Set<string>()
  const respelt = new Map<string, string>()

  async function named(place: string, name: string): Promise<PictureMethods> {
    const found = await finder.anywhere(beside, folder, name)
    if ('missing' in found) throw rowError(place, found.missing)
    const file = await realpath(found.file)
    if (!isInside(homeOf(await root), file)) {
      throw rowError(place, `${name} is a link to ${file}, which is outside ${folder}: copy the picture there`)
    }
    used.add(relative(folder, found.file))
    if (!sameSpelling(name, found.file)) respelt.set(name, basename(found.file))
    return pictureFile(found.file)
  }

  async function one(row: OwnRow, value: unknown, at: number): Promise<PictureMethods> {
    const { place } = row
    if (value instanceof StoredPicture) {
      return embeddedPicture(place, async () => {
        const bytes = pictureBytes(await value.read())
        if (typeof bytes === 'string') throw new Error('there is no picture')
        return bytes
      })
    }
    if (typeof value === 'string' && isEncoded(value)) return embeddedPicture(place, async () => decodeBase64(value))
    const inner = fieldsOf(value)
    const stored = inner === undefined ? value : (inner['bytes'] ?? inner['path'])
    if (inner !== undefined && stored !== undefined && stored !== null) return one(row, stored, at)
    if (typeof stored === 'string' && stored.trim() !== '') return named(place, stored.trim())
    throw rowError(place, `field image.${at}: has to be the name of a picture file, or a picture as base64`)
  }

  return {
    async of(row, values) {
      const each = (await Promise.all(values.map((value) => unpacked(row, value)))).flat()
      if (each.length > mostPictures) throw rowError(row.place, `has more than ${mostPictures} pictures`)
      return Promise.all(each.map((value, at) => one(row, value, at)))
    },
    async notes() {
      if (used.size === 0) return []
      const all = await finder.all(folder)
      return [...respeltNote(respelt), ...twinsNote(all), ...unusedNote(all.filter((path) => !used.has(path)))]
    },
  }
}

function sameSpelling(name: string, file: string): boolean {
  const [written, stored] = [basename(name.replaceAll('\\', '/')), basename(file)]
  return folded(written) !== folded(stored) || written === stored
}

function respeltNote(respelt: ReadonlyMap<string, string>): string[] {
  const [first] = respelt
  if (first === undefined) return []
  const [written, stored] = first.map((name) => JSON.stringify(name).replaceAll(/\p{M}/gu, escaped))
  const many =
    respelt.size === 1
      ? '1 name differs from that of its file'
      : `${respelt.size} names differ from those of their files`
  return [`${many} by case or Unicode form only, such as ${written} for ${stored}: other programs may not find it.`]
}

/** Combining marks, which look like their composed letters. */
function escaped(mark: string): string {
  return `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function twinsNote(all: readonly string[]): string[] {
  const first = new Map<string, string>()
  const twins = all.filter((path) => first.has(folded(path)) || first.set(folded(path), path).size === 0)
  const [twin] = twins
  if (twin === undefined) return []
  return [
    `${first.get(folded(twin))} and ${twin} differ by case or Unicode form only: on other systems they are one file.`,
  ]
}

function unusedNote(unused: readonly string[]): string[] {
  if (unused.length === 0) return []
  const many = unused.length === 1 ? '1 picture is' : `${unused.length} pictures are`
  return [`${many} used by no row, such as ${unused.slice(0, 3).join(', ')}.`]
}

/** Long text as the pictures in it: one, or a list of several. */
async function unpacked({ source }: OwnRow, value: unknown): Promise<readonly unknown[]> {
  if (!(value instanceof LongText) || source === undefined) return [value]
  const range = { read: source, start: value.start, end: value.end }
  const count = await countBase64(range)
  return Array.from({ length: count }, (_, at) => new StoredPicture(() => readBase64(range, at)))
}

/** A picture as base64 rather than its name: by what PNG, JPEG, GIF, WebP and TIFF begin with, or by its length. */
export function isEncoded(value: string): boolean {
  if (/^data:[^,]{0,100},/.test(value)) return true
  return value.length > (begins.test(value) ? 60 : 400) && /^[\w+/=\s-]+$/.test(value)
}

const begins = /^(?:iVBORw0KGgo|\/9j\/|R0lGOD|UklGR|SUkq|TU0AK)/

/** Snapshots of the Hugging Face cache consist of links into the folder of their repository. */
function homeOf(folder: string): string {
  const snapshots = dirname(folder)
  return basename(snapshots) === 'snapshots' ? dirname(snapshots) : folder
}
