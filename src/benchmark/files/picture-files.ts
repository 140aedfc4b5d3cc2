/**
 * Finds picture files by the names in the rows, which may differ from those on disk: archives change the Unicode normalisation, Windows
 * case and slashes, and some sets unpack into folders that their rows do not mention.
 */
import { readdir } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { nearestNames } from '../../shared/nearest.ts'
import { isFile, isFolder } from './find-file.ts'

/** The file, or why it was not found. */
export type FoundPicture = { readonly file: string } | { readonly missing: string }

export interface PictureFinder {
  /** By path relative to the folder. */
  at(folder: string, name: string): Promise<FoundPicture>
  /** By the end of the path, in any subfolder. */
  below(folder: string, name: string): Promise<FoundPicture>
  /**
   * For names as people write them: by path relative to `beside`, else the only file below `folder` whose path ends in the name, with or
   * without a file ending. Of an absolute path, the last two parts have to fit. What is missing is told with the nearest name.
   */
  anywhere(beside: string, folder: string, name: string): Promise<FoundPicture>
  /** All pictures below the folder, relative to it. */
  all(folder: string): Promise<readonly string[]>
}

/** Lists each folder only once. */
export function pictureFinder(): PictureFinder {
  const listed = new Map<string, Promise<ByName>>()
  const trees = new Map<string, Promise<ByName>>()
  const stems = new Map<string, Promise<ByName>>()
  /** Whether they exist: of many rows, most name pictures in the same few folders. */
  const folders = new Map<string, Promise<boolean>>()
  const treeOf = (folder: string) => remember(trees, folder, () => listing(folder, true))

  async function at(folder: string, name: string): Promise<FoundPicture> {
    const address = addressed(name)
    if (address !== undefined) return address
    const path = slashed(name)
    for (const exact of new Set([name, path])) {
      const file = join(folder, exact)
      const within = dirname(file)
      if ((await remember(folders, within, () => isFolder(within))) && (await isFile(file))) return { file }
    }
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
    const address = addressed(name)
    if (address !== undefined) return address
    const wanted = slashed(name).replace(/^\.?\//, '')
    const same = (await treeOf(folder)).get(folded(basename(wanted))) ?? []
    const exact = same.filter((path) => path === wanted)
    const ending = same.filter((path) => folded(`/${path}`).endsWith(folded(`/${wanted}`)))
    const [only, ...others] = [exact, ending, same].find(({ length }) => length > 0) ?? []
    if (only === undefined) return missing(name, folder)
    if (others.length === 0) return { file: join(folder, only) }
    return ambiguous(name, folder, [only, ...others])
  }

  async function anywhere(beside: string, folder: string, name: string): Promise<FoundPicture> {
    const address = addressed(name)
    if (address !== undefined) return address
    const path = slashed(name)
    const rooted = /^(?:[a-z]:)?\//i.test(path)
    const inside = isInside(folder, rooted ? path : join(beside, path))
    if (inside) {
      const direct = rooted ? await at(folder, relative(folder, path)) : await at(beside, name)
      if ('file' in direct) return direct
    } else if (!rooted) return outside(name, folder)
    const named = sought(await treeOf(folder), folder, path, rooted)
    if (named !== undefined) return named
    const wanted = path.replace(/^\.?\//, '')
    const bare = await remember(stems, folder, () => listing(folder, true, withoutEnding))
    const [only, ...others] = (bare.get(folded(basename(wanted))) ?? []).filter(
      (own) => isPictureName(own) && isEnd(`/${withoutEnding(own)}`, `/${wanted}`),
    )
    if (only !== undefined)
      return others.length === 0 ? { file: join(folder, only) } : ambiguous(name, folder, [only, ...others])
    return rooted ? outside(name, folder) : missingNear(path, folder, await all(folder))
  }

  async function all(folder: string): Promise<readonly string[]> {
    return [...(await treeOf(folder)).values()].flat().filter(isPictureName)
  }

  return { at, below, anywhere, all }
}

/** The only file whose path ends in `path`; undefined if there is none. */
function sought(tree: ByName, folder: string, path: string, rooted: boolean): FoundPicture | undefined {
  const home = `${basename(folder)}/`
  const parts = path.replace(/^\.?\//, '').split('/')
  // The parts of an absolute path that are above the folder here are unknown.
  const ends = rooted ? parts.slice(0, -1).map((_, from) => parts.slice(from).join('/')) : [parts.join('/')]
  for (const end of ends) {
    const same = (tree.get(folded(basename(end))) ?? []).filter((own) => isEnd(`/${home}${own}`, `/${end}`))
    const exact = same.filter((own) => `/${home}${own}`.endsWith(`/${end}`))
    const found = exact.length > 0 ? exact : same
    if (found.length > 1) return ambiguous(path, folder, found)
    if (found[0] !== undefined) return { file: join(folder, found[0]) }
  }
  return undefined
}

function missingNear(name: string, folder: string, pictures: readonly string[]): { readonly missing: string } {
  const why = missing(name, folder)
  if (name.length > 200) return why
  const names = pictures.slice(0, mostCompared).map((path) => basename(path))
  const [nearest] = nearestNames(basename(name), names, 1)
  const near = pictures.find((path) => basename(path) === nearest)
  return near === undefined ? why : { missing: `${why.missing}; the nearest name is ${shown(near)}` }
}

/** Comparing names takes time. */
const mostCompared = 5000

function isEnd(path: string, end: string): boolean {
  return folded(path).endsWith(folded(end))
}

function withoutEnding(path: string): string {
  return path.replace(/\.[^./]+$/, '')
}

function ambiguous(name: string, folder: string, paths: readonly string[]): { readonly missing: string } {
  const named = paths.slice(0, 4).join(' and ')
  return { missing: `${shown(name)} could be ${named} in ${folder}: include its folder in the name` }
}

function outside(name: string, folder: string): { readonly missing: string } {
  return { missing: `${shown(name)} is outside ${folder}, which has to contain the pictures` }
}

/** Whether the path is below the folder. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** True for the name of a picture file. */
export function isPictureName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 1024 && pictureEnding.test(value.trim())
}

const pictureEnding = /\.(?:jpe?g|png|webp|gif|tiff?|bmp|avif|heic|jfif)$/i

/** Relative paths by normalised file name. */
type ByName = ReadonlyMap<string, readonly string[]>

async function listing(folder: string, recursive: boolean, keyOf = (name: string) => name): Promise<ByName> {
  const byName = new Map<string, string[]>()
  const paths: string[] = await readdir(folder, { recursive }).catch(() => [])
  for (const path of paths.map(slashed).toSorted()) {
    const name = folded(keyOf(basename(path)))
    const same = byName.get(name)
    if (same) same.push(path)
    else byName.set(name, [path])
  }
  return byName
}

function remember<T>(known: Map<string, Promise<T>>, folder: string, look: () => Promise<T>): Promise<T> {
  const found = known.get(folder) ?? look()
  known.set(folder, found)
  return found
}

/** The same for names that differ by Unicode form or case only. */
export function folded(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

function slashed(name: string): string {
  return name.replaceAll('\\', '/')
}

/** What to do where a URL, including a data: URL, stands in place of a name. */
export function addressed(name: string): { readonly missing: string } | undefined {
  if (!/^(?:\w+:\/\/|data:)/i.test(name)) return undefined
  const advice = /^data:/i.test(name) ? 'save it as a file' : 'download it'
  return {
    missing: `${shown(name)} is a URL, and pictures are only read from files: ${advice} and name the file`,
  }
}

function missing(name: string, folder: string): { readonly missing: string } {
  return { missing: `there is no picture ${shown(name)} in ${folder}` }
}

/** Shortens a name, which may be a whole encoded picture by mistake. */
function shown(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 80)}... (${name.length} characters)`
}
