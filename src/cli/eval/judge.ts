/** `mini-o3 judge`: judges the answers of a run with another judge and reports how far the two agree. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { compareJudges, judgeAgain, readVerdicts } from '../../evaluate/judge-again.ts'
import type { Comparison, JudgeAgainProgress, JudgedAgain } from '../../evaluate/judge-again.ts'
import { plainTable } from '../../evaluate/document/table.ts'
import type { Table } from '../../evaluate/document/table.ts'
import { verdictKinds } from '../../judge/agreement.ts'
import { reasonOf } from '../../protocol/reason.ts'
import { countReasons, reasonCounter } from '../../protocol/reason-count.ts'
import { StoppedEarlyError } from '../../search/failing-alike.ts'
import { keyOf, searchNamed } from '../../runs/searches.ts'
import type { Reason } from '../../protocol/reason.ts'
import type { Problem } from '../../protocol/problem.ts'
import { configurations, readSettings } from '../../runs/configuration.ts'
import { forkCommand } from '../../runs/forks.ts'
import { forkJudgeName } from '../../server/runs/family.ts'
import { UserError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Progress } from '../../shared/progress.ts'
import { inCommandRun } from '../command-run.ts'
import { judgeResult, judgeText, namedJudgeOptions } from '../options/judge.ts'
import { withJudge } from '../../judge/open-judge.ts'
import type { OpenedJudge } from '../../judge/open-judge.ts'
import { columns, print, printJson, say } from '../print/output.ts'
import { plainLine } from '../print/plain-text.ts'
import { incompleteSearches, reasonTeller, stoppedSearches } from '../incomplete.ts'
import type { IncompleteError } from '../incomplete.ts'
import { addCommand } from '../options/command.ts'
import { inGroup, whole } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { keepGoingOption, runOptions, seedOption } from '../options/shared.ts'

const judgeCommandOptions = {
  ...namedJudgeOptions,
  ...inGroup('Judge', {
    concurrency: whole('answers judged in parallel', { min: 1, max: 1024, fallback: 16 }),
    ...keepGoingOption,
    ...seedOption(),
  }),
  ...runOptions,
}

export function addJudge(program: Command): void {
  addCommand(program, {
    name: 'judge',
    summary: 'judge the answers of a run again',
    description:
      'Judges the stored answers of a run with another judge, and prints how far the two judges agree. Nothing is ' +
      'searched and the run is not changed; the new verdicts become a run of their own. Repeat the command to resume.',
    arguments: { '<run>': 'run folder of eval, collect or judge' },
    options: judgeCommandOptions,
    examples: [
      'mini-o3 judge runs/eval --judge exact',
      'mini-o3 judge runs/eval --judge llm:<model> --judge-base-url http://127.0.0.1:8000/v1',
      'mini-o3 judge runs/eval --judge llm:<model> --judge-base-url https://api.openai.com/v1 --judge-api-key-env OPENAI_API_KEY',
    ],
    run: (options, [path = '']) => judgeCommand(path, options),
  })
}

async function judgeCommand(path: string, options: Values<typeof judgeCommandOptions>): Promise<void> {
  const { seed, concurrency, keepGoing } = options
  const nameBefore = await judgeOf(path)
  const problems = await judgeableProblems(path)
  const interrupt = catchInterrupt(() => say('Finishing the judgements in flight. Repeat the command to resume.'))
  let incomplete: IncompleteError | undefined
  try {
    incomplete = await withJudge(options, problems, (opened) =>
      inCommandRun('judge', { of: resolve(path), judge: opened.settings, seed }, options.run, async (run) => {
        const judge = await opened.judgeIn(run)
        let progress: Progress | undefined
        const failed = reasonCounter()
        const tellReason = reasonTeller((line) => {
          progress?.leave()
          say(line)
        })
        const onProgress = ({ done, total, newest }: JudgeAgainProgress): void => {
          if (progress) progress.advance()
          else progress = startProgress({ label: 'verdicts', total, done, keep: run.tell })
          const reason = newest && reasonOf(newest)
          if (newest === undefined || reason?.kind !== 'unjudged') return
          failed.add(reason, () => searchNamed(keyOf(newest)))
          tellReason(reason)
        }
        const { signal: stop } = interrupt
        const searches = await judgeAgain({ of: path, judge, run, concurrency, keepGoing, stop, onProgress })
          .catch((error: unknown) => {
            throw error instanceof StoppedEarlyError ? stoppedSearches(error, failed.counts(), run.path) : error
          })
          .finally(() => progress?.finish())
        const comparison = compareJudges(searches, seed)
        const reasons = countReasons(searches.map(reasonOfJudged))
        const { searches: total, unjudged } = comparison
        if (options.json) printJson({ ...result(comparison, nameBefore, opened), reasons, run: run.path })
        else print(`${text(comparison, nameBefore, opened)}\n\nRun: ${run.path}`)
        return incompleteSearches({ total, failed: 0, refused: 0, unjudged, reasons })
      }),
    )
  } finally {
    interrupt.release()
  }
  if (incomplete) throw incomplete
}

function reasonOfJudged({ failed, after }: JudgedAgain): Reason | undefined {
  if (failed || after.kind !== 'unjudged') return undefined
  return { kind: 'unjudged', code: 'unjudged', message: after.reason }
}

/** The name of a run's judge. Runs from before there was a choice used the exact judge; forks are judged like the run that they depart from. */
async function judgeOf(path: string): Promise<string> {
  const settings = await readSettings(path)
  if (settings['command'] === forkCommand) return forkJudgeName({ path, settings })
  const { judge } = await readSettings(path, z.object({ judge: configurations.judge.shape.judge }))
  return judge?.name ?? 'exact'
}

async function judgeableProblems(path: string): Promise<Problem[]> {
  const problems = [...(await readVerdicts(path)).stored.values()].map(({ problem }) => problem)
  if (problems.some(({ answer }) => answer !== undefined)) return problems
  throw new UserError(
    'nothing-to-judge',
    `${path} contains no search with a known right answer. Name the run folder of an eval or a collection.`,
  )
}

const mostShown = 10

function result(comparison: Comparison, nameBefore: string, judge: OpenedJudge): object {
  const { before, after, agreement, disagreements, ...counts } = comparison
  const score = ({ mean, low, high }: Comparison['before']): object => ({ avgAtK: mean, low, high })
  return {
    ...counts,
    before: { judge: { name: nameBefore }, ...score(before) },
    after: { judge: judgeResult(judge), ...score(after) },
    ...agreement,
    disagreements: disagreements.length,
    examples: disagreements.slice(0, mostShown).map(({ problem, answer, before: old, after: now }) => {
      const { dataSource, docId, question, answer: reference } = problem
      return { dataSource, docId, question, reference, answer, before: old, after: now }
    }),
  }
}

function text(comparison: Comparison, nameBefore: string, judge: OpenedJudge): string {
  const { searches, failed, withoutAnswer, before, after, agreement, disagreements } = comparison
  const nameAfter = judge.settings.name
  const percent = (fraction: number): string => (fraction * 100).toFixed(1)
  const scoreRow = (name: string, { mean, low, high }: Comparison['before']): string[] => [
    name,
    percent(mean),
    `${percent(low)}-${percent(high)}`,
  ]
  const { compared, agreement: share, kappa, table: counts } = agreement
  const table = (content: Table): string => plainTable(content, columns())
  const both =
    share === null
      ? 'No answer has a verdict from both judges.'
      : `They agree on ${percent(share)} % of ${compared} answers; Cohen's kappa ${kappa === null ? 'is undefined: one judge gives every answer the same verdict' : kappa.toFixed(3)}.`
  const parts = [
    `${searches} searches: ${failed} failed, ${withoutAnswer} have no answer.`,
    table({
      head: ['Avg@K in %', 'mean', '95 % interval'],
      rows: [scoreRow(`before: ${nameBefore}`, before), scoreRow(`after: ${nameAfter}`, after)],
    }),
    both,
    table({
      head: ['answers, before \\ after', ...verdictKinds],
      rows: verdictKinds.map((row) => [row, ...verdictKinds.map((column) => String(counts[row][column]))]),
    }),
  ]
  const shown = disagreements.slice(0, mostShown).map(disagreementText)
  if (shown.length > 0) parts.push(`Disagreements, ${shown.length} of ${disagreements.length}:\n${shown.join('\n')}`)
  return [...parts, judgeText(judge)].join('\n\n')
}

function disagreementText({ problem, answer, before, after }: JudgedAgain): string {
  const line = (part: string | null | undefined): string => plainLine(part ?? '', 160)
  return [
    `  ${line(`${problem.dataSource}/${problem.docId}: ${problem.question}`)}`,
    `    reference: ${line(problem.answer)}`,
    `    answer:    ${line(answer)}`,
    `    before: ${before.kind} (${line(before.reason)}), after: ${after.kind} (${line(after.reason)})`,
  ].join('\n')
}
