/**
 * Finds picture files by the names in the rows, which may differ from those on disk: archives change the Unicode normalisation, Windows
 * case and slashes, and some sets unpack into folders that their rows do not mention.
 */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isFile } from './find-file.ts'

/** The file, or why it was not found. */
export type FoundPicture = { readonly file: string } | { readonly missing: string }

export interface PictureFinder {
  /** By path relative to the folder. */
  at(folder: string, name: string): Promise<FoundPicture>
  /** By the end of the path, in any subfolder. */
  below(folder: string, name: string): Promise<FoundPicture>
}

/** Lists each folder only once. */
export function pictureFinder(): PictureFinder {
  const listed = new Map<string, Promise<ByName>>()
  const tree = new Map<string, Promise<ByName>>()

  async function at(folder: string, name: string): Promise<FoundPicture> {
    if (isAddress(name)) return addressed(name)
    const path = slashed(name)
    for (const exact of [name, path]) if (await isFile(join(folder, exact))) return { file: join(folder, exact) }
    let found = folder
    for (const part of path.split('/').filter((own) => own !== '' && own !== '.')) {
      const names = (await remember(listed, found, () => listing(found, false))).get(folded(part)) ?? []
      const only = names.length === 1 ? names[0] : names.find((own) => own.normalize() === part.normalize())
      if (only === undefined) return missing(name, folder)
      found = join(found, only)
    }
    return (await isFile(found)) ? { file: found } : missing(name, folder)
  }

  async function below(folder: string, name: string): Promise<FoundPicture> {
    if (isAddress(name)) return addressed(name)
    const wanted = slashed(name).replace(/^\.?\//, '')
    const same = (await remember(tree, folder, () => listing(folder, true))).get(folded(basename(wanted))) ?? []
    const exact = same.filter((path) => path === wanted)
    const ending = same.filter((path) => folded(`/${path}`).endsWith(folded(`/${wanted}`)))
    const [only, ...others] = [exact, ending, same].find(({ length }) => length > 0) ?? []
    if (only === undefined) return missing(name, folder)
    if (others.length === 0) return { file: join(folder, only) }
    const named = [only, ...others].slice(0, 4).join(' and ')
    return { missing: `${shown(name)} could be ${named} in ${folder}: include its folder in the name` }
  }

  return { at, below }
}

/** Relative paths by normalised file name. */
type ByName = ReadonlyMap<string, readonly string[]>

async function listing(folder: string, recursive: boolean): Promise<ByName> {
  const byName = new Map<string, string[]>()
  const paths: string[] = await readdir(folder, { recursive }).catch(() => [])
  for (const path of paths.map(slashed).toSorted()) {
    const name = folded(basename(path))
    const same = byName.get(name)
    if (same) same.push(path)
    else byName.set(name, [path])
  }
  return byName
}

function remember(known: Map<string, Promise<ByName>>, folder: string, list: () => Promise<ByName>): Promise<ByName> {
  const listed = known.get(folder) ?? list()
  known.set(folder, listed)
  return listed
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

function slashed(name: string): string {
  return name.replaceAll('\\', '/')
}

/** True for URLs, including data: URLs. */
export function isAddress(name: string): boolean {
  return /^(?:\w+:\/\/|data:)/i.test(name)
}

function addressed(name: string): FoundPicture {
  const advice = /^data:/i.test(name) ? 'save it as a file' : 'download it'
  return {
    missing: `${shown(name)} is a URL, and pictures are only read from files: ${advice} and name the file`,
  }
}

function missing(name: string, folder: string): FoundPicture {
  return { missing: `there is no picture ${shown(name)} in ${folder}` }
}

/** Shortens a name, which may be a whole encoded picture by mistake. */
function shown(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 80)}... (${name.length} characters)`
}
