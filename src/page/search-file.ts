/** One search as a file: a figure (SVG, PNG), an animation (WebP, GIF), or Markdown with its pictures beside it. */
import { basename, dirname, extname, join } from 'node:path'
import type { Trajectory } from '../protocol/trajectory.ts'
import { UserError } from '../shared/errors.ts'
import { isOneOf } from '../shared/fields.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { zip } from '../shared/zip.ts'
import type { ZipEntry } from '../shared/zip.ts'
import type { Picture } from '../vision/picture.ts'
import { drawAnimation } from './animation/write-animation.ts'
import { drawFigure } from './figure/write-figure.ts'
import { searchMarkdown } from './search-markdown.ts'

export const searchFileKinds = ['svg', 'png', 'webp', 'gif', 'md'] as const
export type SearchFileKind = (typeof searchFileKinds)[number]

/** By the extension. Throws `UserError` `figure-format` for any other. */
export function searchFileKind(path: string): SearchFileKind {
  const kind = extname(path).slice(1).toLowerCase()
  if (isOneOf(searchFileKinds, kind)) return kind
  throw new UserError(
    'figure-format',
    `A search can be written as a figure (.svg, .png), an animation (.webp, .gif) or Markdown (.md): name a file such as figure.png, not ${path}.`,
  )
}

/** Written under temporary names, then renamed. `mostBytes`: of an animation. The pictures of Markdown are in `<name>-pictures`. */
export async function writeSearchFile(
  path: string,
  trajectory: Trajectory,
  pictures: readonly Picture[],
  mostBytes?: number,
): Promise<void> {
  const kind = searchFileKind(path)
  if (kind !== 'md') return replaceFile(path, await drawn(kind, trajectory, pictures, mostBytes))
  const folder = `${basename(path, extname(path))}-pictures`
  const markdown = await searchMarkdown(trajectory, pictures, folder)
  for (const [name, bytes] of markdown.pictures) await replaceFile(join(dirname(path), folder, name), bytes)
  return replaceFile(path, markdown.text)
}

function drawn(
  kind: Exclude<SearchFileKind, 'md'>,
  trajectory: Trajectory,
  pictures: readonly Picture[],
  mostBytes?: number,
): Promise<string | Uint8Array<ArrayBuffer>> {
  if (kind === 'webp' || kind === 'gif') return drawAnimation(kind, trajectory, pictures, mostBytes)
  return drawFigure(kind, trajectory, pictures)
}

const types = { svg: 'image/svg+xml', png: 'image/png', webp: 'image/webp', gif: 'image/gif' } as const

/** A search as one file to save: Markdown is in an archive with its pictures. */
export async function searchDownload(
  kind: SearchFileKind,
  trajectory: Trajectory,
  pictures: readonly Picture[],
): Promise<{ readonly name: string; readonly type: string; readonly content: string | Uint8Array<ArrayBuffer> }> {
  if (kind !== 'md')
    return { name: `search.${kind}`, type: types[kind], content: await drawn(kind, trajectory, pictures) }
  const markdown = await searchMarkdown(trajectory, pictures, 'pictures')
  async function* entries(): AsyncGenerator<ZipEntry, void> {
    yield { name: 'search.md', content: markdown.text }
    for (const [name, content] of markdown.pictures) yield { name: `pictures/${name}`, content }
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of zip(entries())) chunks.push(chunk)
  return { name: 'search.zip', type: 'application/zip', content: new Uint8Array(Buffer.concat(chunks)) }
}
