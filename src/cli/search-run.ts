/** What `collect` and `eval` share: many problems searched in a run folder, with progress, a page and a resume. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { BenchmarkEntry, Slices } from '../benchmark/entry.ts'
import { readProblems } from '../benchmark/readers/mini-o3-json.ts'
import type { ProblemEntry } from '../benchmark/readers/mini-o3-json.ts'
import { writeRunPage } from '../page/search/write-run-page.ts'
import type { Problem } from '../protocol/problem.ts'
import { profileHash } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { checkJudgeable } from '../search/owed-samples.ts'
import type { SearchRunOptions, WantedProblem } from '../search/owed-samples.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { startProgress } from '../shared/progress.ts'
import type { Progress } from '../shared/progress.ts'
import { inCommandRun } from './command-run.ts'
import { print, printJson, say } from './print/output.ts'
import { commonWords, wholeNumber } from './words/common.ts'
import type { CommonWords } from './words/common.ts'

export interface SearchRunWords extends CommonWords {
  readonly data: string
  readonly samples: number
  readonly maxTurns?: number
  readonly limit?: number
  readonly concurrency: number
}

/** `file`: what a folder is read for; `concurrency` is the default of that word. */
export function searchRunWords(command: Command, file: string, concurrency: number): Command {
  command
    .requiredOption('--problems, --data <path>', `a folder with ${file}, or a file of Mini-o3 rows`)
    .option('--samples <k>', 'searches for each problem', wholeNumber(1, 1000), 1)
  return manySearchesWords(command, concurrency)
}

/** The words that are the same wherever the problems come from. */
export function manySearchesWords(command: Command, concurrency: number): Command {
  command
    .option('--max-turns <n>', 'turns that a search may take (default: as the profile says)', wholeNumber(1, 1000))
    .option('--limit <n>', 'only the first n problems', wholeNumber(1))
    .option('--concurrency <n>', 'searches at once', wholeNumber(1, 1024), concurrency)
  return commonWords(command)
}

export interface SearchRunPlan {
  readonly command: 'collect' | 'eval'
  readonly entries: readonly BenchmarkEntry[]
  /** The set that these are a share of; default: they are all. */
  readonly whole?: readonly BenchmarkEntry[]
  readonly profile: Profile
  /** What decides the searches beside the words that both commands have. */
  readonly settings: object
  readonly title: string
  /** What the counts that are shown are of; default `searches`. */
  readonly unit?: string
}

/** What the room below is given. */
export interface ManySearches extends Omit<SearchRunOptions, 'policy' | 'problems'> {
  readonly problems: readonly (WantedProblem & { readonly slices: Slices })[]
  /** Shows the counts, with `note` behind them. */
  tell(counts: Counts, note: string): void
}

interface Counts {
  readonly done: number
  readonly total: number
  readonly failed: number
  readonly unjudged: number
}

/** What the command prints: `result` for machines, `text` for people. */
export interface SearchRunResult {
  readonly result: object
  readonly text: string
}

/** The problems of `--data`, up to `--limit`, each fit to be judged. Throws `UserError`; nothing is written yet. */
export async function readEntries(
  { data, limit }: Pick<SearchRunWords, 'data' | 'limit'>,
  split?: 'train',
): Promise<ProblemEntry[]> {
  const entries = (await readProblems(data, { split })).slice(0, limit)
  checkJudgeable(entries.map(wanted))
  return entries
}

/** Exit code 1 when searches failed: their results are not those of the policy. */
export async function searchRun(
  words: SearchRunWords,
  { command, entries, whole = entries, profile, settings, title, unit = 'searches' }: SearchRunPlan,
  work: (searches: ManySearches) => Promise<SearchRunResult>,
): Promise<void> {
  const { data, samples, limit, seed, concurrency } = words
  const maxTurns = words.maxTurns ?? profile.maxTurns
  const problems = sha256(canonicalJson(whole.map(({ problem }) => problem)))
  const common = { data: resolve(data), problems, samples, maxTurns, limit, seed, profile: profileHash(profile) }
  const interrupt = catchInterrupt(() => say('Finishing the searches in flight. Repeat the command to go on.'))
  let progress: Progress | undefined
  let shown = 0
  let failed = 0
  let unjudged = 0
  const tell = ({ done, total, ...counts }: Counts, note: string): void => {
    failed = counts.failed
    unjudged = counts.unjudged
    if (progress) progress.advance(done - shown, note)
    else progress = startProgress({ label: unit, total, done })
    shown = done
  }
  try {
    await inCommandRun(command, { ...common, ...settings }, words.run, async (run) => {
      const stop = interrupt.signal
      const given = { problems: entries.map(wanted), samples, maxTurns, profile, seed, run, concurrency, stop, tell }
      const { result, text } = await work(given)
      progress?.finish()
      const openPicture = ({ dataSource, docId }: Problem) =>
        entries.find(({ problem }) => problem.dataSource === dataSource && problem.docId === docId)!.openPicture()
      const page = await writeRunPage(run, { title, profile, openPicture })
      if (words.json) printJson({ ...result, failed, unjudged, run: run.path, page: page && resolve(page) })
      else print(`${text}\n\nRun: ${run.path}${page ? `\nSome searches: ${resolve(page)}` : ''}`)
    })
  } catch (error) {
    // What is said of it stands below the last counts, not behind them.
    progress?.finish()
    throw error
  } finally {
    interrupt.release()
  }
  reportFailed(failed, entries.length * samples)
  reportUnjudged(unjudged)
}

/** Says how many searches failed, if any did, and makes the exit code 1. */
export function reportFailed(failed: number, searches: number): void {
  if (failed === 0) return
  say(`error: ${failed} of ${searches} searches failed. Repeat the command to try them again.`)
  process.exitCode = 1
}

/** Says how many searches have no verdict, if any have none, and makes the exit code 1. */
export function reportUnjudged(unjudged: number): void {
  if (unjudged === 0) return
  say(
    `error: the judge failed for ${unjudged} searches. Repeat the command to judge them again; nothing is searched twice.`,
  )
  process.exitCode = 1
}

function wanted(entry: BenchmarkEntry): ManySearches['problems'][number] {
  return { problem: entry.problem, slices: entry.slices, openPicture: () => entry.openPicture() }
}
