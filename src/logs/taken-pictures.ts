/** The pictures of a log: embedded ones are taken out and stored once by their hash; files are only read from the folder that the user names. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { dataUrlBytes } from '../shared/data-url.ts'
import { messageOf } from '../shared/errors.ts'
import { encodePng } from '../vision/encode.ts'
import { openPicture, pictureLimits } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import type { Size } from '../protocol/box.ts'

export interface TakenPictures {
  /** The picture of a reference, or why there is none. */
  take(reference: string): Promise<Picture | { readonly why: string }>
  /** Stands in for a picture that the log has not: an empty one of this size. */
  blank(size: Size): Promise<Picture>
}

/** `keep`: stores the bytes of a picture. `folder`: where pictures that are named by a path are looked up by their file names. */
export function takenPictures(keep: (bytes: Uint8Array) => Promise<string>, folder?: string): TakenPictures {
  let files: Promise<ReadonlyMap<string, string>> | undefined

  async function kept(bytes: Uint8Array): Promise<Picture> {
    const picture = await openPicture(bytes, { cutOff: 'shown' })
    // Its pixels are read again from the stored file, so that the bytes need not stay in memory.
    return openPicture(await keep(bytes), { cutOff: 'shown' }).catch(() => picture)
  }

  return {
    async take(reference) {
      try {
        if (reference.length > pictureLimits.maxFileBytes * 1.4) return { why: 'it is too large' }
        const embedded = dataUrlBytes(reference)
        if (embedded !== undefined) {
          return embedded.byteLength === 0 ? { why: 'the log leaves it out' } : await kept(embedded)
        }
        if (/^[a-z]+:\/\//i.test(reference)) return { why: 'it is on the network, and nothing is fetched' }
        files ??= folder === undefined ? Promise.resolve(new Map()) : filesBelow(folder)
        const path = (await files).get(basename(reference.replaceAll('\\', '/')))
        if (path === undefined) return { why: `${basename(reference).slice(0, 200)} is not in the log` }
        const picture = await openPicture(path, { cutOff: 'shown' })
        await keep(await readFile(path))
        return picture
      } catch (error) {
        return { why: messageOf(error) }
      }
    },
    async blank({ width, height }) {
      return kept(await encodePng({ width, height, data: new Uint8Array(width * height * 3).fill(grey) }))
    },
  }
}

const grey = 0xd8
const mostFiles = 200_000

/** By their names; of several with one name, the first. */
async function filesBelow(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (files.size >= mostFiles) break
    if (entry.isFile() && !files.has(entry.name)) files.set(entry.name, join(entry.parentPath, entry.name))
  }
  return files
}
