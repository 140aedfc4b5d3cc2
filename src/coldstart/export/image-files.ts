/** Pictures of a training set as files, each written once. */
import { writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { sha256 } from '../../shared/canonical.ts'
import { errorCodeOf } from '../../shared/errors.ts'
import { makeFolder } from '../../shared/make-folder.ts'
import type { TrainingImage } from './training-row.ts'

/** Writes `images/<sha256 of the bytes>.<ext>` into `folder` unless it exists; returns the paths relative to `folder`. */
export async function writeImages(folder: string, images: readonly TrainingImage[]): Promise<string[]> {
  await makeFolder(join(folder, 'images'))
  const paths: string[] = []
  for (const { bytes, name } of images) {
    const path = `images/${sha256(bytes)}${extname(name)}`
    await writeFile(join(folder, path), bytes, { flag: 'wx' }).catch((error: unknown) => {
      if (errorCodeOf(error) !== 'EEXIST') throw error
    })
    paths.push(path)
  }
  return paths
}
