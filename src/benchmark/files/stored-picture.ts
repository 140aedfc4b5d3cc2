/** Pictures as benchmarks store them, in files of their own or as base64 inside of others, read when they are asked for. */
import { open } from 'node:fs/promises'
import { messageOf, UserError } from '../../shared/errors.ts'
import { openPicture, pictureLimits } from '../../vision/open.ts'
import { cutOff, fileCutOff } from '../../vision/cut-off.ts'
import type { BenchmarkEntry } from '../entry.ts'

/** Bytes `start` up to `end` of a file. */
export interface FileRange {
  readonly file: string
  readonly start: number
  readonly end: number
}

/** The encoded bytes of a picture. Throws an Error that says what is wrong with how they are stored. */
export type ReadBytes = () => Promise<Uint8Array>

type PictureMethods = Pick<BenchmarkEntry, 'openPicture' | 'checkPicture'>

/** `place` is named in errors, as the bytes have no name. */
export function storedPicture(place: string, read: ReadBytes): PictureMethods {
  return {
    async openPicture() {
      const bytes = await read().catch((error: unknown) => {
        throw new UserError('picture-unreadable', `${place}: ${messageOf(error)}. Fetch the file again.`, {
          cause: error,
        })
      })
      try {
        return await openPicture(bytes)
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

export function pictureFile(file: string): PictureMethods {
  return {
    openPicture: () => openPicture(file),
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
export async function readBase64({ file, start, end }: FileRange): Promise<Uint8Array> {
  if (end - start > pictureLimits.maxFileBytes * 1.4) throw new Error('the picture is larger than 256 MiB')
  const handle = await open(file, 'r')
  try {
    const buffer = Buffer.allocUnsafe(end - start)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start)
    return decodeBase64(buffer.toString('latin1', 0, bytesRead))
  } finally {
    await handle.close()
  }
}

/** Also takes a data URL. Throws an Error when the text is cut off or holds something else. */
export function decodeBase64(text: string): Uint8Array {
  const digits = text
    .trim()
    .replace(/^data:[^,]{0,100},/, '')
    .replaceAll('\\/', '/')
  if (digits === '') throw new Error('there is no picture')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) throw new Error('the picture is not base64')
  if (digits.length % 4 !== 0) throw new Error(`the base64 of the picture is cut off after ${digits.length} characters`)
  return Buffer.from(digits, 'base64')
}
