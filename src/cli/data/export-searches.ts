/** Chooses searches of runs and writes them as a training set, for `mini-o3 export` and for the pages. */
import { readChosenSearches, withOwnNames } from '../../coldstart/export/chosen-searches.ts'
import type { ChoiceRules, ChosenSearches, SearchesOfRun } from '../../coldstart/export/chosen-searches.ts'
import { writeCollection } from '../../coldstart/export/collection.ts'
import { joinedLeftOut, leftOutText } from '../../protocol/left-out.ts'
import { exportSet, exportTargets } from '../../coldstart/export/export-set.ts'
import type { ExportSummary } from '../../coldstart/export/export-set.ts'
import { runRows } from '../../coldstart/export/run-rows.ts'
import type { TrainingRow } from '../../coldstart/export/training-row.ts'
import { storedMatcher } from '../../evaluate/search-matcher.ts'
import type { Filter } from '../../protocol/filter/filter.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { readSettings } from '../../runs/configuration.ts'
import { searchedRun } from '../../runs/forks.ts'
import { keyOf } from '../../runs/searches.ts'
import { UserError } from '../../shared/errors.ts'
import { bytesText } from '../../shared/bytes.ts'
import { counted } from '../../shared/numbers.ts'
import type { Encoding } from '../../vision/encode.ts'
import type { ProfileOptions } from '../options/profile.ts'
import { readCollection } from './read-collection.ts'
import { readSearchedConfig, searchedUnder } from './searched-under.ts'
import type { SearchedConfig } from './searched-under.ts'

/** The formats of training sets. */
export const setTargets = ['collection', ...exportTargets] as const
type SetTarget = (typeof setTargets)[number]

export interface SetOptions extends ProfileOptions {
  readonly to: SetTarget
  readonly out: string
  readonly data?: string
  readonly all?: true | undefined
  readonly where?: Filter | undefined
  /** Leaves out verdicts that were corrected by hand. */
  readonly asJudged?: true | undefined
  /** Turns that were written by hand are learned like the others. */
  readonly byHand?: true | undefined
  readonly encoding: Encoding
}

export interface SetProgress {
  readonly signal?: AbortSignal | undefined
  /** Called once, with the number of searches that are exported. */
  readonly onTotal: (total: number) => void
  readonly onRow: () => void
}

export interface WrittenSet extends ExportSummary {
  /** Number of searches that match the filter, and of all in the runs. */
  readonly matched: number
  readonly of: number
}

interface ChosenRun extends SearchesOfRun {
  readonly config: SearchedConfig
  readonly chosen: ChosenSearches
}

/** Throws `UserError` before anything is written, and the errors of writing; then nothing is left behind. */
export async function exportSearches(
  paths: readonly string[],
  options: SetOptions,
  { signal, onTotal, onRow }: SetProgress,
): Promise<WrittenSet> {
  const { to, out, where } = options
  const runs: ChosenRun[] = []
  for (const path of paths) runs.push(await chosenIn(path, options))
  const matched = sumOf(runs, ({ chosen }) => chosen.matched)
  const of = sumOf(runs, ({ chosen }) => chosen.of)
  const leftOut = joinedLeftOut(runs.map(({ chosen }) => chosen.leftOut))
  const own = withOwnNames(runs.filter(({ searches }) => searches.length > 0))
  const total = sumOf(own, ({ searches }) => searches.length)
  if (total === 0) throw nothingChosen(paths, options, { matched, of, leftOut })
  onTotal(total)
  if (to === 'collection') {
    const written = await writeCollection({ runs: own, out, where: where?.text, signal, onRow })
    return { ...written, rows: total, images: 0, leftOut, matched, of }
  }
  const summary = await exportSet({ rows: await rowsOf(own, options), to, out, signal, onRow })
  return { ...summary, leftOut: joinedLeftOut([leftOut, summary.leftOut]), matched, of }
}

/** What was written and what was left out, for example `137 searches, 1.2 MB in 3 files`. */
export function setTexts({ rows, images, bytes, files, leftOut }: ExportSummary, to: string): string[] {
  const what =
    to === 'collection'
      ? counted(rows, 'search', 'searches')
      : `${counted(rows, 'row', 'rows')} with ${counted(images, 'picture', 'pictures')}`
  return [`${what}, ${bytesText(bytes)} in ${counted(files, 'file', 'files')}`, leftOutText(leftOut)].filter(
    (text) => text !== '',
  )
}

function sumOf<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((sum, item) => sum + valueOf(item), 0)
}

async function chosenIn(path: string, { where, all, to, asJudged, byHand }: SetOptions): Promise<ChosenRun> {
  const config = await readSearchedConfig(path)
  const stored = await readSettings(path)
  if (config.control !== undefined) {
    const why = `${path} is a control (${config.control.name}): what its policy was shown instead of the pictures is not stored.`
    throw new UserError('export-control', `${why} Name the run that it controls.`)
  }
  const matches = where && (await storedMatcher(path, where, asJudged))
  const rules = { all: all === true, learnable: to === 'collection', matches, asJudged }
  // Of a collection its set, which may leave out right searches.
  const ofSet = stored['command'] === 'collect' && !all
  const chosen = ofSet ? await ofCollection(path, rules) : await readChosenSearches(path, rules)
  const searches = byHand ? chosen.searches.map(withoutMarks) : chosen.searches
  return { path, config, chosen, searches, settings: searchedRun({ path, settings: stored }).settings }
}

/** Its turns are learned alike, whoever wrote them. */
function withoutMarks(search: Trajectory): Trajectory {
  return { ...search, turns: search.turns.map(({ byHand: _byHand, ...turn }) => turn) }
}

/** In the order of the set. */
async function ofCollection(path: string, rules: ChoiceRules): Promise<ChosenSearches> {
  const set = await readCollection(path, rules.asJudged)
  const places = new Map(set.map((search, at) => [keyOf(search), at]))
  const placeOf = (search: Trajectory): number => places.get(keyOf(search)) ?? 0
  const chosen = await readChosenSearches(path, { ...rules, set: places })
  return { ...chosen, searches: chosen.searches.toSorted((a, b) => placeOf(a) - placeOf(b)) }
}

/** Problems of different data get different numbers. */
async function rowsOf(runs: readonly ChosenRun[], options: SetOptions): Promise<AsyncIterable<TrainingRow>> {
  const firsts = new Map<string, number>()
  let next = 0
  const parts: { readonly rows: AsyncIterable<TrainingRow>; readonly first: number }[] = []
  for (const { path, config, searches } of runs) {
    const known = await searchedUnder(path, config, options)
    const data = JSON.stringify([options.data ?? config.data, config.benchmark])
    const first = firsts.get(data) ?? next
    firsts.set(data, first)
    next = Math.max(next, first + known.problems.length)
    parts.push({ rows: runRows(searches, { ...known, encoding: options.encoding }), first })
  }
  return (async function* () {
    for (const { rows, first } of parts)
      for await (const row of rows) yield { ...row, sampleIndex: first + row.sampleIndex }
  })()
}

function nothingChosen(
  paths: readonly string[],
  { where, all, to }: SetOptions,
  { matched, of, leftOut }: Pick<WrittenSet, 'matched' | 'of' | 'leftOut'>,
): UserError {
  const which = paths.length === 1 ? `${paths[0]} has` : `${paths.join(', ')} have`
  if (of === 0) return new UserError('export-nothing', `${which} no search.`)
  if (matched === 0) {
    const filter = where === undefined ? '' : `: ${where.text}`
    return new UserError(
      'export-nothing',
      `No search matches the filter, of ${counted(of, 'search', 'searches')}${filter}`,
    )
  }
  const what = all ? 'search with a turn' : 'search with the right answer within its limits'
  const among = where === undefined ? '' : ` among the ${counted(matched, 'search', 'searches')} that match the filter`
  const hint = all || to === 'collection' ? '' : ' --all also exports the others.'
  return new UserError('export-nothing', `${which} no ${what}${among}: ${leftOutText(leftOut)}${hint}`)
}
