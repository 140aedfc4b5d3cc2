/** Stored runs for the pages: list, searches, curves, comparison, pictures. */
import { lstat } from 'node:fs/promises'
import type { ChartSize } from '../../evaluate/document/curve-svg.ts'
import { filteredRun, readPriceOf } from '../../evaluate/search-matcher.ts'
import type { Filter } from '../../protocol/filter/filter.ts'
import { matcher, thoughtWords } from '../../protocol/filter/matcher.ts'
import type { SearchExchanges } from '../../protocol/exchange.ts'
import { picturesOf } from '../../protocol/originals.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { keepFork, runNameOf } from '../../runs/forks.ts'
import type { Picture } from '../../vision/picture.ts'
import type { FoundSearches } from '../api/across-runs.ts'
import type { LoggedNotes, RunNotes } from '../api/note-types.ts'
import type { SearchFamily, SearchGroup } from '../api/one-search.ts'
import type { ItemRow, RunDetails, RunRow, RunsDiff, RunSummary, ThoughtsFound } from '../api/types.ts'
import { readExchanges } from '../../runs/exchanges.ts'
import type { TurnTokens } from '../../protocol/turn-record.ts'
import { logFile } from '../../runs/log.ts'
import { errorCodeOf } from '../../shared/errors.ts'
import type { Forkable } from '../api/forks.ts'
import { HttpError } from '../http/http-error.ts'
import { figuresOf } from './charts.ts'
import { compareCurves } from './compare-curves.ts'
import type { ComparedCharts, RunWithCharts } from './compare-curves.ts'
import type { Figures } from './charts.ts'
import { diffRuns } from './diff.ts'
import type { RunToCompare } from './diff.ts'
import { findRun, findRuns, settingsReader } from '../../runs/find-runs.ts'
import type { FoundRun, ReadSettings } from '../../runs/find-runs.ts'
import { problemGroup, latest, runIndex } from './items.ts'
import type { ListedSearch, RunIndex } from './items.ts'
import { rowOf, summaryOf } from './run-rows.ts'
import { recentValues } from '../../shared/recent.ts'
import { runPictures } from './pictures.ts'
import { noteKeeper } from './run-notes.ts'
import { foundSearches, wantedSearches } from './find-searches.ts'
import { findThoughts } from './thoughts.ts'
import { relativesOf, forksNameOf, judgeOf } from './family.ts'

/** The part of a run that matches a filter. */
interface Matching {
  readonly items: readonly ItemRow[]
  /** Number of all searches. */
  readonly of: number
  readonly figures: Figures
}

export interface Runs {
  list(): Promise<RunRow[]>
  /** Items from index `after` on if the log is still `log`, otherwise from the first on; at most `most`. Notes, unless they are still `notes`. */
  details(name: string, after?: number, log?: string, most?: number, notes?: string): Promise<RunDetails>
  notes(name: string): Promise<LoggedNotes>
  /** Stores a change of the note about a search. */
  note(name: string, index: number, request: unknown): Promise<RunNotes>
  /** The searches from index `after` on with these words in their thoughts; all of them if the log is not `log`. */
  thoughts(name: string, words: string, after: number, log: string, signal: AbortSignal): Promise<ThoughtsFound>
  /** The searches that match a filter, or that have words. */
  find(name: string, where: string, signal: AbortSignal): Promise<FoundSearches>
  /** The curves of several runs in one chart each. */
  curves(names: readonly string[]): Promise<ComparedCharts>
  summary(name: string): Promise<RunSummary>
  figures(name: string): Promise<Figures>
  /** The searches that match, each once, with their figures. */
  matching(name: string, filter: Filter, signal: AbortSignal): Promise<Matching>
  /** As SVG. */
  chart(name: string, id: string, size: ChartSize): Promise<string>
  diff(first: string, second: string): Promise<RunsDiff>
  /** Each search once, with verdicts as corrected by hand. */
  toCompare(name: string): Promise<RunToCompare>
  search(name: string, index: number): Promise<Trajectory>
  /** Of a search of training; null if they were not stored. */
  tokens(name: string, index: number): Promise<readonly TurnTokens[] | null>
  /** Null if they were not stored. */
  exchanges(name: string, search: Trajectory): Promise<SearchExchanges | null>
  /** `original`: index of the picture of the question; default: the first. */
  picture(name: string, index: number, original?: number): Promise<Picture>
  /** What a fork of a search needs; forks are stored beside it. */
  forkable(name: string, index: number): Promise<Forkable>
  group(name: string, index: number): Promise<SearchGroup>
  family(name: string, index: number): Promise<SearchFamily>
}

/** Number of searches in all indexes together, about 2 KB each; a run counts as this many at least. */
const mostIndexed = 400_000
const leastSize = 2_000
/** Number of runs whose figures are cached. */
const mostFigures = 64
const mostSummaries = 1000

function unreadable(why: string): HttpError {
  return new HttpError(409, 'log_unreadable', `The log of this run cannot be read (${why}).`)
}

/** Throws `HttpError` 404. */
async function searchAt(index: RunIndex, at: number): Promise<Trajectory> {
  const entry = index.entries[at]
  const search = entry && (await index.read(entry).catch(() => undefined))
  if (search === undefined)
    throw new HttpError(404, 'no_search', 'The run has no such search. Open one from the list of the run.')
  return search
}

/** Of the tokens of its policy, if it was given. */
async function priceIn({ path, settings }: FoundRun): Promise<RunDetails['price']> {
  return (await readPriceOf(path).catch(() => undefined))?.(String(settings['policy']))
}

/** Throws `HttpError` 404. */
async function runNamed(root: string, name: string, read: ReadSettings): Promise<FoundRun> {
  const run = await findRun(root, name, read)
  if (run === undefined) throw new HttpError(404, 'no_run', 'There is no such run. It may have been moved or deleted.')
  return run
}

interface OpenedRun {
  readonly run: FoundRun
  readonly index: RunIndex
  readonly whole: boolean
}

/** `author` signs notes. */
export function openRuns(root: string, author?: string): Runs {
  const indexes = recentValues<RunIndex>(mostIndexed, ({ entries }) => leastSize + entries.length)
  const figures = recentValues<{ readonly version: string; readonly figures: Promise<Figures> }>(mostFigures)
  const summaries = recentValues<{ readonly version: string; readonly summary: Promise<RunSummary> }>(mostSummaries)
  const settings = settingsReader()
  const pictureOf = runPictures()
  const keeper = noteKeeper(author)

  /** With at least the first `upTo` searches, if there are that many; `whole`: with all of them. */
  async function opened(name: string, upTo = Infinity): Promise<OpenedRun> {
    const run = await runNamed(root, name, settings)
    const file = logFile(run.path, run.log)
    const prices = await readPriceOf(run.path).catch(() => undefined)
    const index = indexes.get(file) ?? indexes.set(file, runIndex(run, prices))
    // A symbolic link could point anywhere.
    const found = await lstat(file).catch(() => undefined)
    if (found?.isFile() === false) throw unreadable('not a plain file')
    const whole = await index.reach(upTo).catch((error: unknown) => {
      throw unreadable(errorCodeOf(error))
    })
    indexes.set(file, index)
    return { run, index, whole }
  }

  async function searchesOf(name: string): Promise<RunToCompare> {
    const { run, index } = await opened(name)
    return { run, searches: latest(index, (await keeper.of(run, index)).byIndex) }
  }

  /** The searches that match, each once, and the number of all. */
  async function matched(
    name: string,
    { node }: Filter,
    signal: AbortSignal,
  ): Promise<{ readonly run: FoundRun; readonly own: readonly ListedSearch[]; readonly of: number }> {
    const { run, index } = await opened(name)
    const searches = latest(index, (await keeper.of(run, index)).byIndex)
    const found = new Map<string, ReadonlySet<number>>()
    for (const words of thoughtWords(node))
      found.set(words, new Set((await findThoughts(index, words, 0, signal)).indexes))
    const matches = matcher(node, {
      ...filteredRun(run.path, run.settings),
      inThoughts: (search, words) => found.get(words)?.has(search.index) === true,
    })
    return { run, own: searches.filter(({ item }) => matches(item)), of: searches.length }
  }

  async function figuresOfRun(name: string): Promise<Figures> {
    const { path, version } = await runNamed(root, name, settings)
    const known = figures.get(path)
    const drawn =
      known?.version === version
        ? known.figures
        : searchesOf(name).then(({ run, searches }) => figuresOf(run, searches))
    figures.set(path, { version, figures: drawn })
    drawn.catch(() => figures.delete(path))
    return drawn
  }

  async function summaryOfRun(name: string): Promise<RunSummary> {
    const { path, version } = await runNamed(root, name, settings)
    const known = summaries.get(path)
    if (known?.version === version) return known.summary
    const summary = figuresOfRun(name).then(async (drawn) => summaryOf((await searchesOf(name)).searches, drawn))
    summaries.set(path, { version, summary })
    summary.catch(() => summaries.delete(path))
    return summary
  }

  return {
    list: async () => (await findRuns(root, settings)).map(rowOf),
    async details(name, after = 0, log, most = Infinity, known) {
      const { run, index, whole } = await opened(name, after + most)
      const from = log === index.log ? after : 0
      const items = index.entries.slice(from, from + most).map(({ kept }) => kept.item)
      // Whose search a note is shows when all have been read.
      const notes = whole ? (await keeper.of(run, index)).told : undefined
      const isNew = log !== index.log || known !== notes?.version
      const price = await priceIn(run)
      return {
        run: rowOf(run),
        settings: run.settings,
        log: index.log,
        items,
        total: index.entries.length,
        ...(!whole && { read: Math.min(1, index.readBytes / Math.max(1, run.bytes)) }),
        unreadable: index.unreadable,
        ...(notes && isNew && { notes }),
        ...(price && { price }),
      }
    },
    async notes(name) {
      const { run, index } = await opened(name)
      return { log: index.log, notes: (await keeper.of(run, index)).told }
    },
    async note(name, at, request) {
      const { run, index } = await opened(name)
      return (await keeper.change(run, index, at, request)).told
    },
    async thoughts(name, words, after, log, signal) {
      const { index } = await opened(name)
      return findThoughts(index, words, log === index.log ? after : 0, signal)
    },
    async find(name, where, signal) {
      const filter = wantedSearches(where)
      return foundSearches(
        filter,
        (await matched(name, filter, signal)).own.map(({ item }) => item),
      )
    },
    async curves(names) {
      const runs: RunWithCharts[] = []
      for (const name of names) {
        const { settings: own } = await runNamed(root, name, settings)
        const { charts, endCurves, endings } = await figuresOfRun(name)
        runs.push({ name, settings: own, charts: [...charts, ...endCurves], endings })
      }
      return compareCurves(runs)
    },
    summary: summaryOfRun,
    figures: figuresOfRun,
    async matching(name, filter, signal) {
      const { run, own, of } = await matched(name, filter, signal)
      return { items: own.map(({ item }) => item), of, figures: await figuresOf(run, own) }
    },
    async chart(name, id, size) {
      const chart = (await figuresOfRun(name)).charts.find((one) => one.id === id)
      if (chart === undefined) throw new HttpError(404, 'no_chart', 'The run has no such chart.')
      return chart.draw(size)
    },
    async diff(first, second) {
      const [a, b] = await Promise.all([searchesOf(first), searchesOf(second)])
      return { runs: [rowOf(a.run), rowOf(b.run)], ...(await diffRuns(a, b)) }
    },
    toCompare: searchesOf,
    search: async (name, at) => searchAt((await opened(name, at + 1)).index, at),
    async tokens(name, at) {
      const { index } = await opened(name, at + 1)
      const entry = index.entries[at]
      return (entry && (await index.readLogged(entry).catch(() => undefined)))?.tokens ?? null
    },
    exchanges: async (name, search) =>
      (await readExchanges((await runNamed(root, name, settings)).path, search)) ?? null,
    async picture(name, at, original = 0) {
      const { run, index } = await opened(name, at + 1)
      return pictureOf(run, await searchAt(index, at), original)
    },
    async forkable(name, at) {
      const { run, index } = await opened(name)
      const search = await searchAt(index, at)
      const reopen = (original: number): Promise<Picture> => pictureOf(run, search, original)
      const pictures = await Promise.all(
        picturesOf(search).map(async (_, original) => ({ picture: await reopen(original) })),
      )
      const step = index.entries[at]?.kept.item.step
      const forks = encodeURIComponent(forksNameOf(run))
      return {
        search,
        pictures,
        reopen,
        named: { run: runNameOf(run), ...(step !== undefined && { step }) },
        judge: judgeOf(run),
        async keep(fork) {
          const kept = await keepFork(run, fork)
          return { page: `/#/run/${forks}/${kept}`, trajectory: `/api/runs/${forks}/items/${kept}` }
        },
      }
    },
    async group(name, at) {
      const { run, index } = await opened(name)
      const price = await priceIn(run)
      return { total: index.entries.length, items: problemGroup(index, at), ...(price && { price }) }
    },
    async family(name, at) {
      const { run, index } = await opened(name)
      const search = await searchAt(index, at)
      return relativesOf({ run, index }, search, at, (other) => opened(other).catch(() => undefined))
    },
  }
}
