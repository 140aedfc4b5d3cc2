/** Pictures as benchmarks store them, in files of their own or as base64 inside of others, read when they are asked for. */
import { messageOf, UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { openPicture, pictureLimits } from '../../vision/open.ts'
import { cutOff, fileCutOff } from '../../vision/cut-off.ts'
import type { BenchmarkEntry } from '../entry.ts'
import type { ReadAt } from './text-source.ts'

/** Bytes `start` up to `end` of a text. */
export interface TextRange {
  readonly read: ReadAt
  readonly start: number
  readonly end: number
}

/** The encoded bytes of a picture. Throws an Error that says what is wrong with how they are stored. */
export type ReadBytes = () => Promise<Uint8Array>

type PictureMethods = Pick<BenchmarkEntry, 'openPicture' | 'openFurther' | 'checkPicture'>

/** `place` is named in errors, as the bytes have no name. */
export function embeddedPicture(place: string, read: ReadBytes): PictureMethods {
  return {
    async openPicture(reading) {
      const bytes = await read().catch((error: unknown) => {
        throw new UserError('picture-unreadable', `${place}: ${messageOf(error)}. Fetch the file again.`, {
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
        return cutOff(await read())
      } catch (error) {
        return messageOf(error)
      }
    },
  }
}

/** Of a question about all of these pictures. */
export function several(pictures: readonly PictureMethods[]): PictureMethods {
  const [first, ...further] = pictures
  if (first === undefined) throw new Error('a question has a picture')
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
        return await fileCutOff(file)
      } catch (error) {
        return messageOf(error)
      }
    },
  }
}

/** Reads base64 text that stands in a file, as it is written in JSON or TSV. */
export async function readBase64({ read, start, end }: TextRange): Promise<Uint8Array> {
  if (end - start > pictureLimits.maxFileBytes * 1.4) throw new Error('the picture is larger than 256 MiB')
  const buffer = Buffer.allocUnsafe(end - start)
  return decodeBase64(buffer.toString('latin1', 0, await read(buffer, start)))
}

/**
 * Also takes a data URL, a list of one, lines and the alphabet of URLs, with the escapes of JSON and of Python. Throws an
 * Error when the text is cut off or holds something else.
 */
export function decodeBase64(text: string): Uint8Array {
  const [listed, ...others] = listItems(text.trim())
  if (others.length > 0) throw new Error(`there are ${others.length + 1} pictures, and one is searched`)
  const digits = (listed ?? '')
    .replace(/^data:[^,]{0,100},/, '')
    .replaceAll('\\/', '/')
    .replaceAll(/\\[nrt]|\s+/g, '')
  if (digits === '') throw new Error('there is no picture')
  const ofUrls = /[-_]/.test(digits)
  if (!(ofUrls ? /^[\w-]*={0,2}$/ : /^[A-Za-z0-9+/]*={0,2}$/).test(digits)) throw new Error('the picture is not base64')
  const rest = digits.length % 4
  // The alphabet of URLs is mostly written without the padding at the end.
  if (ofUrls ? rest === 1 : rest !== 0) {
    throw new Error(`the base64 of the picture is cut off after ${digits.length} characters`)
  }
  return Buffer.from(digits, 'base64')
}

/** The items of a list in brackets, as JSON and Python write it, bytes too (`b'...'`); any other text is one item. */
function listItems(text: string): string[] {
  const inner = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  return inner.split(/["']\s*,\s*b?["']/).map(unquoted)
}

const quotes = new Set(['"', "'", '\\', ' ', '\n', '\r', '\t'])

/** A loop, as an expression for the end would try every run of quotes within. */
function unquoted(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && quotes.has(itemAt(text, start))) start++
  if (text[start] === 'b' && quotes.has(text[start + 1] ?? '')) start += 2
  while (end > start && quotes.has(itemAt(text, end - 1))) end--
  return text.slice(start, end)
}
