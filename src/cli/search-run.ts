/** Shared by `collect` and `eval`: searches many problems in a run folder, with progress, a page of samples, and resume. */
import { resolve } from 'node:path'
import type { BenchmarkEntry, Slices } from '../benchmark/entry.ts'
import { readRecognised } from '../benchmark/own/recognise.ts'
import { writeRunPage } from '../page/write-run-page.ts'
import { changedSince } from '../protocol/earlier-forms.ts'
import type { Problem } from '../protocol/problem.ts'
import { reasonOf } from '../protocol/reason.ts'
import { reasonCounter, reasonCountText } from '../protocol/reason-count.ts'
import type { ReasonCount } from '../protocol/reason-count.ts'
import { profileHash } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { StoppedEarlyError } from '../search/failing-alike.ts'
import { checkJudgeable, openProblem, skippedText } from '../search/owed-samples.ts'
import type { SearchRunOptions, WantedProblem } from '../search/owed-samples.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { keyOf, searchNamed } from '../runs/searches.ts'
import type { SkippedProblem } from '../runs/searches.ts'
import { configurations, readSettings } from '../runs/configuration.ts'
import type { Settings } from '../runs/configuration.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { startProgress } from '../shared/progress.ts'
import type { Progress } from '../shared/progress.ts'
import { defined } from '../shared/known.ts'
import { inCommandRun } from './command-run.ts'
import {
  formWarning,
  incompleteSearches,
  liveReasons,
  reasonLines,
  reasonTeller,
  refusedText,
  stoppedSearches,
} from './incomplete.ts'
import type { IncompleteError } from './incomplete.ts'
import { print, printJson, say } from './print/output.ts'
import { shellWord } from '../shared/shell-word.ts'
import { flag, inGroup, whole } from './options/schema.ts'
import type { Values } from './options/schema.ts'
import { keepGoingOption, maxTurnsOption, seedOption } from './options/shared.ts'
import type { RunOptions } from './options/shared.ts'

export const searchManyOptions = (concurrency: number) =>
  inGroup('Search', {
    ...maxTurnsOption,
    concurrency: whole('searches in parallel', { min: 1, max: 1024, fallback: concurrency }),
    retryRefused: flag('search problems again that the server refused permanently (too long, filtered)'),
    ...keepGoingOption,
    ...seedOption(),
  })

export const limitOption = inGroup('Problems', { limit: whole('use only the first n problems', { min: 1 }) })

export type SearchManyOptions = Values<ReturnType<typeof searchManyOptions> & typeof limitOption> &
  RunOptions & { readonly data: string; readonly samples: number }

export interface SearchRunPlan {
  readonly command: 'collect' | 'eval'
  readonly entries: readonly BenchmarkEntry[]
  /** The full set, if the problems are a shard of it. */
  readonly whole?: readonly BenchmarkEntry[]
  readonly profile: Profile
  /** Settings that affect the searches, besides the options that both commands share. */
  readonly settings: object
  /** Settings that a resume may change. */
  readonly counting?: Settings
  readonly title: string
  /** What readers of the page of searches have to know. */
  readonly notes?: readonly string[]
  /** Unit of the displayed counts; default `searches`. */
  readonly unit?: string
}

/** Passed to the function that searches. */
export interface ManySearches extends Omit<SearchRunOptions, 'policy' | 'problems'> {
  readonly problems: readonly (WantedProblem & { readonly slices: Slices })[]
  /** Shows the counts followed by `note`, and why searches fail; `newest`: the search that was finished, if one was. */
  tell(counts: Counts, note: string, newest?: Trajectory): void
}

interface Counts {
  readonly done: number
  readonly total: number
  readonly failed: number
  readonly refused: number
  readonly unjudged: number
}

/** What the command prints: `result` as JSON, `text` for a terminal. */
export interface SearchRunResult {
  readonly result: object
  readonly text: string
  /** Reasons of the failed searches of the run. */
  readonly reasons: readonly ReasonCount[]
  readonly skipped: readonly SkippedProblem[]
}

/** The first `--limit` problems of `--data`, checked to be judgeable. Throws `UserError` before anything is written. */
export async function readEntries(
  { data, limit }: Pick<SearchManyOptions, 'data' | 'limit'>,
  split?: 'train',
): Promise<BenchmarkEntry[]> {
  const entries = (await readRecognised(data, { split, onColumns: say })).slice(0, limit)
  checkJudgeable(entries.map(wanted))
  return entries
}

/** Returns what is missing from the printed result: failed or unjudged searches. */
export async function searchRun(
  options: SearchManyOptions,
  plan: SearchRunPlan,
  work: (searches: ManySearches) => Promise<SearchRunResult>,
): Promise<IncompleteError | undefined> {
  const { command, entries, whole = entries, profile, settings, counting = {}, title, unit = 'searches' } = plan
  const { data, samples, limit, seed, concurrency, retryRefused, keepGoing } = options
  const maxTurns = options.maxTurns ?? profile.maxTurns
  const problems = sha256(canonicalJson(whole.map(({ problem }) => problem)))
  const common = { data: resolve(data), problems, samples, maxTurns, limit, seed, profile: profileHash(profile) }
  const interrupt = catchInterrupt(() => say('Finishing the searches in flight. Repeat the command to resume.'))
  let progress: Progress | undefined
  let keep: RunFolder['tell'] | undefined
  let shown = 0
  let last: Counts | undefined
  /** Of this invocation. */
  const seen = reasonCounter()
  const tellReason = reasonTeller((line) => {
    progress?.leave()
    say(line)
  })
  const tell = (counts: Counts, note: string, newest?: Trajectory): void => {
    const { done, total } = counts
    const reason = newest && reasonOf(newest)
    if (newest && reason) seen.add(reason, () => searchNamed(keyOf(newest)))
    last = counts
    const notes = [note, liveReasons(seen.counts())].filter((part) => part !== '')
    if (progress) progress.advance(done - shown, notes.join(', '))
    else progress = startProgress({ label: unit, total, done, ...(keep && { keep }) })
    shown = done
    if (reason !== undefined) tellReason(reason)
  }
  try {
    const inRun = async (run: RunFolder): Promise<IncompleteError | undefined> => {
      keep = run.tell
      const stop = interrupt.signal
      const how = { samples, maxTurns, profile, seed, concurrency, retryRefused, keepGoing, stop }
      const openPictures = ({ dataSource, docId }: Problem) => {
        const entry = entries.find(({ problem }) => problem.dataSource === dataSource && problem.docId === docId)
        return openProblem(defined(entry, docId), profile)
      }
      const writePage = (reasons: readonly ReasonCount[], skipped: readonly SkippedProblem[]) => {
        const notes = [...(plan.notes ?? []), ...reasons.map((reason) => reasonCountText(reason))]
        if (skipped.length > 0) notes.push(skippedText(skipped))
        return writeRunPage(run, { title, profile, notes, openPictures })
      }
      const searched = work({ ...how, problems: entries.map(wanted), run, tell })
      const ended = await searched.catch(async (error: unknown) => {
        if (!(error instanceof StoppedEarlyError)) throw withCheck(error, data)
        progress?.finish()
        const reasons = seen.counts()
        const page = await writePage(reasons, [])
        if (options.json)
          printJson({ stopped: error.reason, ...countsOf(last), reasons, run: run.path, page: page && resolve(page) })
        throw stoppedSearches(error, reasons, run.path)
      })
      const { result, text, reasons, skipped } = ended
      progress?.finish()
      const { failed, refused, unjudged } = countsOf(last)
      const counts = { total: (entries.length - skipped.length) * samples, failed, refused, unjudged, reasons }
      const incomplete = incompleteSearches(counts)
      const page = await writePage(reasons, skipped)
      const where = { failed, refused, unjudged, run: run.path, page: page && resolve(page) }
      if (options.json) printJson({ ...result, reasons, ...where })
      else print(`${text}\n\nRun: ${run.path}${page ? `\nSample of searches: ${resolve(page)}` : ''}`)
      const warning = formWarning(counts, profile)
      if (warning !== undefined) say(warning)
      if (incomplete === undefined && refused > 0) say([refusedText(counts), ...reasonLines(reasons)].join('\n'))
      return incomplete
    }
    return await inCommandRun(command, { ...common, ...settings }, options.run, inRun, counting)
  } catch (error) {
    // The next message must start on its own line, below the last counts.
    progress?.finish()
    if (error instanceof UserError && shown > 0) say('Finished searches are kept: repeat the command to resume.')
    throw await withChange(error, profile.name, options.run)
  } finally {
    interrupt.release()
  }
}

function countsOf({ done, total, failed, refused, unjudged }: Counts = noCounts): Counts {
  return { done, total, failed, refused, unjudged }
}

const noCounts: Counts = { done: 0, total: 0, failed: 0, refused: 0, unjudged: 0 }

/** The profile settings stored in a run. */
const profileSettings = configurations.eval.pick({ profile: true, pixels: true, protocol: true })

/** Explains the error if a run cannot be resumed because a later version changed its profile. */
async function withChange(error: unknown, name: string, path: string | undefined): Promise<unknown> {
  if (!(error instanceof UserError && error.code === 'run-config-differs') || path === undefined) return error
  const { profile, pixels, protocol } = await readSettings(path, profileSettings)
  const sha256 = pixels?.profile ?? profile
  const change = sha256 === undefined ? undefined : changedSince({ name: protocol?.profile ?? name, sha256 })
  if (change === undefined) return error
  const message =
    `${path} was started under an earlier version of the profile ${name}; since then ${change}. Its searches can still be reported, but ` +
    'the run cannot be resumed. Name another folder with --run.'
  return new UserError('profile-changed', message, { cause: error })
}

/** For a picture that cannot be opened, how to find all that cannot. */
function withCheck(error: unknown, data: string): unknown {
  if (!(error instanceof UserError && error.code.startsWith('picture-'))) return error
  const advice =
    'Finished searches are kept: repeat the command when the picture is replaced, or its row removed. ' +
    `mini-o3 eval --data ${shellWord(data)} --check lists all such pictures.`
  return new UserError(error.code, `${error.message} ${advice}`, { cause: error })
}

/** Without what only the benchmark needs. */
function wanted(entry: BenchmarkEntry): ManySearches['problems'][number] {
  const { problem, slices, openFurther } = entry
  return { problem, slices, openPicture: (reading) => entry.openPicture(reading), ...(openFurther && { openFurther }) }
}
