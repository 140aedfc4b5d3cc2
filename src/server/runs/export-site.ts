/** Exports a run as a static site: an index with scores, curves and searches, and a self-contained page per problem. */
import { withNoted } from '../../protocol/note.ts'
import { pictured, picturesOf } from '../../protocol/originals.ts'
import { readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { dataFile } from '../../page/data-file.ts'
import type { SitePlace } from '../../page/page-data.ts'
import { writePage } from '../../page/write-page.ts'
import type { SearchToShow } from '../../page/write-page.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { tryAgain } from '../../page/try-address.ts'
import type { Filter } from '../../protocol/filter/filter.ts'
import { isRun } from '../../runs/configuration.ts'
import { errorCodeOf, throwIfAborted, UserError } from '../../shared/errors.ts'
import { counted } from '../../shared/numbers.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { removeStrays } from '../../shared/strays.ts'
import { itemAt } from '../../shared/known.ts'
import { profileOf } from '../api/region.ts'
import { openRuns } from './runs.ts'
import type { Runs } from './runs.ts'
import type { ItemRow, RunData } from '../api/types.ts'
import { groupName } from './items.ts'

export interface SiteOptions {
  /** Number of problems that get a page. */
  readonly limit: number
  /** Only the searches that match. */
  readonly where?: Filter | undefined
  /** Name of the page in the same folder on which scenes can be searched again, if there is one. */
  readonly tryPage?: string | undefined
  /** The index of the site that this one is a part of. */
  readonly within?: RunData['within']
  readonly signal: AbortSignal
}

export interface ExportedSite {
  /** Path of the index page. */
  readonly page: string
  readonly problems: number
  readonly searches: number
}

export const indexPage = 'index.html'
/** Searches on the page of one problem at most. */
const mostTogether = 8
/** Version of the page format; changing it makes existing pages be written again. */
const pageForm = 'one file, in a site, with tokens'

/** How the index of a site begins its data. */
const ownIndex = /id="data">\{"kind":"(?:run|diff)"/

/** Throws UserError if a site cannot be written to the folder `to`, or would replace what is not one. The folder need not exist. */
export async function checkSiteFolder(to: string): Promise<void> {
  const used = (what: string) => new UserError('site-folder-used', `${what}. Name another folder with --export.`)
  if (await isRun(to)) throw used(`${to} is the folder of a run`)
  const path = join(to, indexPage)
  const index = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOTDIR') throw used(`${to} is a file`)
    if (errorCodeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (index !== undefined && !ownIndex.test(index)) throw used(`${path} is not a page of searches`)
}

/**
 * Writes pages for the first `limit` problems; a problem whose picture is missing is listed without a page. Page names contain a hash
 * of their searches, so existing pages need not be written again.
 */
export async function exportSite(
  run: string,
  to: string,
  { limit, where, tryPage, within, signal }: SiteOptions,
): Promise<ExportedSite> {
  await removeStrays(to)
  const runs = openRuns(run)
  const name = basename(resolve(run))
  const details = await runs.details('.')
  const matching = where && (await runs.matching('.', where, signal))
  if (matching?.items.length === 0) {
    const of = counted(matching.of, 'search', 'searches')
    throw new UserError('view-nothing', `No search matches the filter, of ${of}: ${where?.text}`)
  }
  const items = matching?.items ?? withNoted(details.items, details.notes?.items ?? [])
  const problems = byProblem(items)
  const { temperature } = details.settings
  const again = (search: Trajectory): string | undefined => {
    const address = tryPage === undefined ? undefined : tryAgain(search, Number(temperature ?? 1))
    return address === undefined ? undefined : `${tryPage}${address}`
  }
  const pages = new Map<number, string>()
  let written = 0
  let searches = 0
  for (const own of problems.slice(0, limit)) {
    throwIfAborted(signal)
    const shown = own.slice(0, mostTogether)
    const titled = shown.map((item) => ({ runs, item, title: `search ${item.sampleIndex + 1}` }))
    const file = await writeProblem(to, titled, `All searches of ${name}`, again)
    if (file === undefined) continue
    for (const [at, { index }] of shown.entries()) pages.set(index, `${file}#/search/${at + 1}`)
    written++
    searches += shown.length
  }
  const page = join(to, indexPage)
  const figures = matching?.figures ?? (await runs.figures('.'))
  const data: RunData = {
    kind: 'run',
    details: { ...details, items, total: items.length, run: { ...details.run, name, live: false } },
    figures: {
      ...figures,
      charts: figures.charts.map(({ id, title, summary, table, draw }) => ({ id, title, summary, table, svg: draw() })),
    },
    pages: Object.fromEntries(pages),
    ...(within && { within }),
    ...(where && matching && { only: { where: where.text, of: matching.of } }),
  }
  await replaceFile(
    page,
    await dataFile(`Searches of ${name}`, data, [`The searches of ${name}. This page needs JavaScript.`]),
  )
  return { page, problems: written, searches }
}

export interface SearchOfPage {
  /** Opened at the run of the search. */
  readonly runs: Runs
  readonly item: ItemRow
  readonly title: string
}

/**
 * Writes a page of searches of one problem unless it is there, and returns its name; undefined if a picture is missing. `title`: of the
 * link to the index. `again`: the address of a page where a search can be repeated.
 */
export async function writeProblem(
  to: string,
  searches: readonly SearchOfPage[],
  title: string,
  again: (search: Trajectory) => string | undefined = () => undefined,
): Promise<string | undefined> {
  const trajectories = await Promise.all(searches.map(({ runs, item }) => runs.search('.', item.index)))
  const links = trajectories.map(again)
  const titles = searches.map(({ item, title: own }) => [own, item.note])
  const { runs, item } = itemAt(searches, 0)
  const site: SitePlace = { index: indexPage, title, at: item.index }
  const content = [pageForm, site, ...trajectories, titles, ...links.filter((link) => link !== undefined)]
  const name = `problem-${sha256(canonicalJson(content)).slice(0, 16)}.html`
  if (await isFile(join(to, name))) return name
  // All searches of a problem share their pictures.
  const searched = picturesOf(itemAt(trajectories, 0))
  const opened = Promise.all(searched.map((_, original) => runs.picture('.', item.index, original)))
  const pictures = await opened.catch(() => undefined)
  if (pictures === undefined) return undefined
  const tokens = await Promise.all(
    searches.map(async ({ runs: own, item: { advantage, index } }) =>
      advantage === undefined ? undefined : own.tokens('.', index),
    ),
  )
  const toShow = trajectories.map((trajectory, at): SearchToShow => {
    const { title, item: own } = itemAt(searches, at)
    const profile = profileOf(trajectory.profile)
    const of = { title, trajectory, ...pictured(pictures), profile }
    return { ...of, again: links[at], tokens: tokens[at], ...(own.note && { note: own.note }) }
  })
  await writePage(join(to, name), item.question, toShow, { site })
  return name
}

/** Searches grouped by problem, ordered by sample; if a search was repeated, the last one. */
function byProblem(items: readonly ItemRow[]): ItemRow[][] {
  const problems = new Map<string, Map<number, ItemRow>>()
  for (const item of items) {
    const own = problems.get(groupName(item)) ?? new Map<number, ItemRow>()
    problems.set(groupName(item), own.set(item.sampleIndex, item))
  }
  return [...problems.values()].map((own) => [...own.values()].toSorted((a, b) => a.sampleIndex - b.sampleIndex))
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}
