/** Logs of other programs in their published layouts, about one small picture, and what is read of them. */
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import sharp from 'sharp'
import { findLogs } from '../src/logs/find-logs.ts'
import { importLog } from '../src/logs/import-log.ts'
import type { Imported } from '../src/logs/import-log.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import { openRun } from '../src/runs/run-folder.ts'
import { searchLog } from '../src/runs/searches.ts'
import { zip } from '../src/shared/zip.ts'

export const sceneSize = { width: 800, height: 600 }

/** Every region of it looks different. */
export async function scenePng(): Promise<Buffer> {
  const { width, height } = sceneSize
  const data = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      data[at] = Math.floor((x / width) * 255)
      data[at + 1] = Math.floor((y / height) * 255)
      data[at + 2] = (Math.floor(x / 20) + Math.floor(y / 20)) % 2 === 0 ? 220 : 30
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

/** A region of it as tools send it: resampled, as JPEG. */
export async function cropJpeg(
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  side = 300,
): Promise<Buffer> {
  const part = { left: x0, top: y0, width: x1 - x0, height: y1 - y0 }
  return sharp(await scenePng())
    .extract(part)
    .resize(side, side, { fit: 'inside' })
    .jpeg()
    .toBuffer()
}

export function embedded(bytes: Buffer): string {
  return `data:image/png;base64,${bytes.toString('base64')}`
}

export async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

export function jsonLines(...values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

/** An `.eval` archive. */
export async function writeEval(path: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  async function* entries() {
    for (const [name, value] of Object.entries(files)) {
      yield { name, content: typeof value === 'string' ? value : JSON.stringify(value) }
    }
  }
  await mkdir(dirname(path), { recursive: true })
  await pipeline(zip(entries()), createWriteStream(path))
}

/** The only log at the path, read into a run. */
export async function imported(
  path: string,
  run: string,
  pictures?: string,
): Promise<{ result: Imported; searches: Trajectory[] }> {
  const [found] = await findLogs(path)
  if (found === undefined) throw new Error('no log')
  const folder = await openRun(run, { command: 'import' })
  try {
    const options = { pictures, signal: new AbortController().signal, onSample: () => {} }
    const result = await importLog(await found.open(), folder, options)
    const searches: Trajectory[] = []
    for await (const search of folder.read(searchLog)) searches.push(search)
    return { result, searches }
  } finally {
    await folder.close()
  }
}
