/** Pictures of rows that name a file below the folder of their set. */
import { rowError } from '../entry.ts'
import type { BenchmarkEntry } from '../entry.ts'
import { pictureFinder } from './picture-files.ts'
import { pictureFile } from './stored-picture.ts'

export interface RowPicture {
  readonly file: string
  readonly methods: Pick<BenchmarkEntry, 'openPicture' | 'checkPicture'>
}

/** Throws `data-row` for a name that leads out of the folder, or that no file has. */
export function rowPictures(folder: string): (place: string, name: string) => Promise<RowPicture> {
  const pictures = pictureFinder()
  return async (place, name) => {
    const outside = /^\/|(?:^|[\\/])\.\./.test(name)
    const found = outside ? { missing: `there is no picture ${name} in ${folder}` } : await pictures.at(folder, name)
    if ('missing' in found) throw rowError(place, found.missing)
    return { file: found.file, methods: pictureFile(found.file) }
  }
}
