/** Pictures of benchmarks, stored as files or as base64 inside other files, read on demand. */
import { messageOf, UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { openPicture, pictureLimits } from '../../vision/open.ts'
import { PixelCache } from '../../vision/cache.ts'
import { cutOff, fileCutOff } from '../../vision/cut-off.ts'
import type { BenchmarkEntry } from '../entry.ts'
import type { ReadAt } from './text-source.ts'

/** Bytes `start` (inclusive) to `end` (exclusive) of a text. */
export interface TextRange {
  readonly read: ReadAt
  readonly start: number
  readonly end: number
}

/** The encoded bytes of a picture. Throws an Error that describes a storage defect. */
export type ReadBytes = () => Promise<Uint8Array>

type PictureMethods = Pick<BenchmarkEntry, 'openPicture' | 'openFurther' | 'checkPicture'>

/** `place`: file and row, for errors. */
export function embeddedPicture(place: string, read: ReadBytes): PictureMethods {
  return {
    async openPicture(reading) {
      const bytes = await read().catch((error: unknown) => {
        throw new UserError('picture-unreadable', `${place}: ${messageOf(error)}. Download the file again.`, {
          cause: error,
        })
      })
      try {
        return await openPicture(bytes, { reading })
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        throw new UserError(error.code, `${place}: ${error.message}`, { cause: error })
      }
    },
    async checkPicture() {
      try {
        const bytes = await read()
        return await defectOf(bytes, () => cutOff(bytes))
      } catch (error) {
        return messageOf(error)
      }
    },
  }
}

/** Bounds the memory of a check, and decodes a picture once that several rows in succession share. */
const checked = new PixelCache(256 * 1024 ** 2)

/** Why the picture cannot be opened; undefined if it can be. `cut`: the reason in plain words if its end is missing. */
async function defectOf(
  source: string | Uint8Array,
  cut: () => string | undefined | Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    await openPicture(source, { cache: checked })
    return undefined
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return (await cut()) ?? error.message.replace(/^The picture/, 'the picture').replace(/\.$/, '')
  }
}

/** Combines the pictures of one question. */
export function several(pictures: readonly PictureMethods[]): PictureMethods {
  const [first, ...further] = pictures
  if (first === undefined) throw new Error('internal error: a question without a picture')
  if (further.length === 0) return first
  return {
    openPicture: first.openPicture,
    openFurther: further.map(({ openPicture }) => openPicture),
    async checkPicture() {
      const found = await Promise.all(pictures.map((one) => one.checkPicture()))
      return found.find((what) => what !== undefined)
    },
  }
}

export function pictureFile(file: string): PictureMethods {
  return {
    openPicture: (reading) => openPicture(file, { reading }),
    async checkPicture() {
      try {
        return await defectOf(file, () => fileCutOff(file))
      } catch (error) {
        return messageOf(error)
      }
    },
  }
}

/** Reads base64 text from a range of a JSON or TSV file; with `at`, that item of a list. */
export async function readBase64(range: TextRange, at?: number): Promise<Uint8Array> {
  const text = await textAt(range)
  return decodeBase64(at === undefined ? text : (listItems(text.trim())[at] ?? ''))
}

/** The number of pictures in a range. */
export async function countBase64(range: TextRange): Promise<number> {
  const head = Buffer.alloc(16)
  const isList = head
    .toString('latin1', 0, await range.read(head, range.start))
    .trimStart()
    .startsWith('[')
  return isList ? listItems((await textAt(range)).trim()).length : 1
}

async function textAt({ read, start, end }: TextRange): Promise<string> {
  if (end - start > pictureLimits.maxFileBytes * 1.4) throw new Error('the picture is larger than 256 MiB')
  const buffer = Buffer.allocUnsafe(end - start)
  return buffer.toString('latin1', 0, await read(buffer, start))
}

/**
 * Decodes base64, also as a data URL, a list of one, with line breaks or URL-safe, with JSON or Python escapes. Throws an Error if the
 * text is truncated or not base64.
 */
export function decodeBase64(text: string): Uint8Array {
  const [listed, ...others] = listItems(text.trim())
  if (others.length > 0) throw new Error(`there are ${others.length + 1} pictures, but only one is supported`)
  const digits = (listed ?? '')
    .replace(/^data:[^,]{0,100},/, '')
    .replaceAll('\\/', '/')
    .replaceAll(/\\[nrt]|\s+/g, '')
  if (digits === '') throw new Error('there is no picture')
  const ofUrls = /[-_]/.test(digits)
  if (!(ofUrls ? /^[\w-]*={0,2}$/ : /^[A-Za-z0-9+/]*={0,2}$/).test(digits)) throw new Error('the picture is not base64')
  const rest = digits.length % 4
  // URL-safe base64 is usually unpadded.
  if (ofUrls ? rest === 1 : rest !== 0) {
    throw new Error(`the base64 of the picture is truncated after ${digits.length} characters`)
  }
  return Buffer.from(digits, 'base64')
}

/** The items of a JSON or Python list, including bytes (`b'...'`); any other text is a single item. */
function listItems(text: string): string[] {
  const inner = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  return inner.split(/["']\s*,\s*b?["']/).map(unquoted)
}

const quotes = new Set(['"', "'", '\\', ' ', '\n', '\r', '\t'])

/** A loop, since a regular expression would backtrack at every run of quotes. */
function unquoted(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && quotes.has(itemAt(text, start))) start++
  if (text[start] === 'b' && quotes.has(text[start + 1] ?? '')) start += 2
  while (end > start && quotes.has(itemAt(text, end - 1))) end--
  return text.slice(start, end)
}
