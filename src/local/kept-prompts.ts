/**
 * Prompts that the model has read, each with its key-value cache in a file, so that the next turn of a conversation reads only what
 * is new, and several searches of one problem read its question once.
 *
 * llama.cpp's addon keeps the cache of a slot only while no picture is added. With a file it goes on from there, if the list
 * of pictures beside the file is the new prompt's; that list is written here, after making sure that the pictures in the file
 * are the first of the prompt.
 */
import { copyFile, link, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mediaMarker } from './orders.ts'

interface Kept {
  readonly prompt: string
  /** SHA-256 of each picture. */
  readonly pictures: readonly string[]
  readonly path: string
  readonly bytes: number
}

interface Taken {
  readonly path: string
  /** How many of the prompt's pictures it contains. */
  readonly pictures: number
}

export interface KeptPrompts {
  /** A file to continue from, if there is one. `names`: the addon's names for the prompt's pictures and their parts. */
  take(prompt: string, pictures: readonly string[], names: readonly string[]): Promise<Taken | undefined>
  /** Where to save. */
  place(): string
  /** Adds what was saved there to the cache, and evicts the least recently used. */
  keep(prompt: string, pictures: readonly string[], path: string): Promise<void>
  /** Removes a file that was taken, or a place at which nothing is kept. */
  drop(path: string): Promise<void>
}

export function keepPrompts(folder: string, mostBytes: number): KeptPrompts {
  /** Least recently used first. */
  let kept: Kept[] = []
  let made = 0
  const place = (): string => join(folder, `${made++}.state`)

  async function drop(path: string): Promise<void> {
    await Promise.all([path, `${path}.meta`].map((file) => rm(file, { force: true }).catch(() => {})))
  }

  return {
    place,
    drop,
    async take(prompt, pictures, names) {
      const best = longest(
        kept.filter((one) => begins(pictures, one.pictures)),
        prompt,
      )
      if (best === undefined) return undefined
      kept = [...kept.filter((one) => one !== best), best]
      const path = place()
      try {
        // A name of its own: several searches go on from one file, each with a list of its own.
        await link(best.path, path).catch(() => copyFile(best.path, path))
        await writeFile(`${path}.meta`, `rnllama-state-meta v1\n${names.length}\n${names.join('\n')}\n`)
        return { path, pictures: best.pictures.length }
      } catch {
        await drop(path)
        return undefined
      }
    },
    async keep(prompt, pictures, path) {
      const file = await stat(path).catch(() => undefined)
      if (file === undefined || file.size > mostBytes) return drop(path)
      const before = kept.filter((one) => one.prompt === prompt && begins(one.pictures, pictures))
      kept = [...kept.filter((one) => !before.includes(one)), { prompt, pictures, path, bytes: file.size }]
      const dropped = [...before]
      let bytes = kept.reduce((sum, one) => sum + one.bytes, 0)
      for (const oldest of kept) {
        if (bytes <= mostBytes) break
        bytes -= oldest.bytes
        dropped.push(oldest)
      }
      kept = kept.filter((one) => !dropped.includes(one))
      await Promise.all(dropped.map((one) => drop(one.path)))
    },
  }
}

function begins(whole: readonly string[], part: readonly string[]): boolean {
  return part.length <= whole.length && part.every((one, at) => one === whole[at])
}

/** The one that saves most: most pictures, then the longest common text. */
function longest(kept: readonly Kept[], prompt: string): Kept | undefined {
  return kept
    .map((one) => ({ one, common: commonLength(one.prompt, prompt) }))
    .filter(({ one, common }) => common > one.prompt.lastIndexOf(mediaMarker))
    .toSorted((a, b) => a.one.pictures.length - b.one.pictures.length || a.common - b.common)
    .at(-1)?.one
}

function commonLength(a: string, b: string): number {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  return at
}
