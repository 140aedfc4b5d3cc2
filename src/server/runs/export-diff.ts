/** Exports the comparison of two runs as a static site: an index, both searches of a problem on one page, and the site of each run. */
import { basename, dirname, join } from 'node:path'
import { dataFile } from '../../page/data-file.ts'
import { throwIfAborted } from '../../shared/errors.ts'
import { percent } from '../../shared/numbers.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import type { DiffData, DiffRow } from '../api/types.ts'
import { diffRuns } from './diff.ts'
import { exportSite, indexPage, writeProblem } from './export-site.ts'
import type { SiteOptions } from './export-site.ts'
import { rowOf } from './run-rows.ts'
import { openRuns } from './runs.ts'

export interface ExportedDiff {
  /** Path of the index page. */
  readonly page: string
  /** Number of common problems. */
  readonly common: number
  readonly flipped: number
  /** Number of problems with a page. */
  readonly problems: number
}

/** Names of their paths would lead out of the folder. */
const folders = ['first', 'second'] as const

/**
 * Compares runs in any two folders, given as absolute paths. Of the common problems the first `limit` get a page with both searches, the
 * flipped ones before the others; as many get a page in the site of each run. Throws `HttpError` 409 if the runs are not comparable.
 */
export async function exportDiff(
  paths: readonly [string, string],
  to: string,
  options: Pick<SiteOptions, 'limit' | 'signal'>,
): Promise<ExportedDiff> {
  const [first, second] = [openRuns(paths[0]), openRuns(paths[1])]
  const [a, b] = [await first.toCompare('.'), await second.toCompare('.')]
  const compared = await diffRuns(a, b)
  const names = namesOf(paths)
  const title = names.join(' against ')
  const flipped = compared.rows.filter(isFlipped)
  const pages: Record<number, string> = {}
  const ordered = [...flipped, ...compared.rows.filter((row) => !isFlipped(row))]
  for (const { sides } of ordered.slice(0, options.limit)) {
    throwIfAborted(options.signal)
    const both = [
      { runs: first, item: sides[0].item, title: names[0] },
      { runs: second, item: sides[1].item, title: names[1] },
    ]
    const name = await writeProblem(to, both, title)
    if (name !== undefined) pages[sides[0].item.index] = `${name}#/search/1?compare=1`
  }
  const within = { index: `../${indexPage}`, title }
  for (const at of [0, 1] as const) await exportSite(paths[at], join(to, folders[at]), { ...options, within })
  const data: DiffData = {
    kind: 'diff',
    diff: {
      ...compared,
      runs: [
        { ...rowOf(a.run), name: names[0], live: false },
        { ...rowOf(b.run), name: names[1], live: false },
      ],
    },
    runs: [`${folders[0]}/${indexPage}`, `${folders[1]}/${indexPage}`],
    pages,
  }
  const page = join(to, indexPage)
  const plain = `${title}: ${compared.avgAtK.map((share) => `${percent(share)} %`).join(' and ')} on ${compared.rows.length} problems.`
  await replaceFile(page, await dataFile(title, data, [plain]))
  return { page, common: compared.rows.length, flipped: flipped.length, problems: Object.keys(pages).length }
}

function isFlipped({ change }: DiffRow): boolean {
  return change === 'gained' || change === 'lost'
}

/** The names of the folders, with the folder above them where they are the same. */
function namesOf([first, second]: readonly [string, string]): readonly [string, string] {
  const [a, b] = [basename(first), basename(second)]
  if (a !== b) return [a, b]
  return [`${basename(dirname(first))}/${a}`, `${basename(dirname(second))}/${b}`]
}
