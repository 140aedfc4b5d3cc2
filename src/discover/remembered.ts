/**
 * How models of servers were found to zoom, kept in the user's cache so that `--policy auto` need not try them again. Nothing rests on it:
 * what cannot be read is as if it had never been found out, and what cannot be written is tried again another time.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { profileNames } from '../endpoint/try/zoom-settings.ts'
import type { ZoomSettings } from '../endpoint/try/zoom-settings.ts'
import { coordinateNames } from '../protocol/profile.ts'
import { parseJson } from '../shared/json.ts'
import { replaceFile } from '../shared/replace-file.ts'

const settingsSchema = z.strictObject({
  profile: z.enum(profileNames).exactOptional(),
  coordinates: z.enum(coordinateNames).exactOptional(),
  maxPixels: z.int().positive().exactOptional(),
})
const entrySchema = z.strictObject({ baseUrl: z.string(), model: z.string(), settings: settingsSchema })
type Entry = z.infer<typeof entrySchema>

type RememberedModel = Pick<Entry, 'baseUrl' | 'model'>

const mostEntries = 200
const mostBytes = 1_000_000

export async function rememberZoom(served: RememberedModel, settings: ZoomSettings): Promise<void> {
  const path = rememberedPath()
  const others = (await readEntries(path)).filter((entry) => !isSame(entry, served))
  const entries = [{ ...served, settings }, ...others].slice(0, mostEntries)
  try {
    await mkdir(dirname(path), { recursive: true })
    await replaceFile(path, `${JSON.stringify(entries, null, 1)}\n`)
  } catch {
    // Such as a home that nobody may write in.
  }
}

/** Undefined: nothing was found out. */
export async function rememberedZoom(served: RememberedModel): Promise<ZoomSettings | undefined> {
  return (await readEntries(rememberedPath())).find((entry) => isSame(entry, served))?.settings
}

function isSame(one: RememberedModel, other: RememberedModel): boolean {
  return one.baseUrl === other.baseUrl && one.model === other.model
}

async function readEntries(path: string): Promise<readonly Entry[]> {
  try {
    const text = await readFile(path, 'utf8')
    return text.length > mostBytes ? [] : z.array(entrySchema).parse(parseJson(text))
  } catch {
    return []
  }
}

function rememberedPath(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'mini-o3', 'models.json')
}
