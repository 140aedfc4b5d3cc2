/** `mini-o3 eval`: Avg@K of a policy on a set of problems, at every turn limit, with intervals and causes. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openProblemPicture, readProblems } from '../benchmark/mini-o3-json.ts'
import { curveSvg, limitCurve } from '../evaluate/curve-svg.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvalProgress, EvalReport } from '../evaluate/evaluate.ts'
import { accuracyTable, causesTable, plainTable } from '../evaluate/table.ts'
import { writeRunPage } from '../page/write-run-page.ts'
import { levels } from '../protocol/problem.ts'
import type { Problem } from '../protocol/problem.ts'
import { profileHash, profiles } from '../protocol/profile.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { startProgress } from '../shared/progress.ts'
import type { Progress } from '../shared/progress.ts'
import { replaceFile } from '../shared/run-folder.ts'
import { checkPolicyName, evalPolicies, openPolicy, policySettings, policyWords } from './choose-policy.ts'
import type { PolicyWords } from './choose-policy.ts'
import { openCommandRun } from './command-run.ts'
import { print, printJson, say } from './output.ts'
import { choice, commonWords, examples, wholeNumber } from './words.ts'
import type { CommonWords } from './words.ts'

interface EvalWords extends CommonWords, PolicyWords {
  readonly data: string
  readonly samples: number
  readonly maxTurns: number
  readonly limit?: number
  readonly concurrency: number
}

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .summary('measure a policy on a set of problems')
    .description('Searches each problem K times and reports accuracy at every turn limit. Repeat it to resume.')
    .requiredOption('--data <path>', 'a folder with test.json, or a file of Mini-o3 rows')
    .addOption(
      choice('--benchmark <name>', 'how the data is read and scored', ['visual-probe']).default('visual-probe'),
    )
    .option('--samples <k>', 'searches for each problem', wholeNumber(1, 1000), 1)
    .option('--max-turns <n>', 'turns that a search may take; lower limits are derived', wholeNumber(1, 1000), 32)
    .option('--limit <n>', 'only the first n problems', wholeNumber(1))
    .option('--concurrency <n>', 'searches at once', wholeNumber(1, 1024), 32)
  policyWords(command, 1, evalPolicies)
  commonWords(command)
  examples(
    command,
    'mini-o3 eval --data data/probe --samples 4',
    'mini-o3 eval --data data/probe --policy random-crops --limit 90 --json',
  )
  command.action(evalCommand)
}

async function evalCommand(words: EvalWords): Promise<void> {
  const { data, samples, maxTurns, limit, seed, concurrency } = words
  checkPolicyName(words, evalPolicies)
  const profile = profiles.embedded
  const entries = (await readProblems(data)).slice(0, limit)
  const policy = await openPolicy(words)
  const interrupt = catchInterrupt(() => say('Finishing the searches in flight. Repeat the command to go on.'))
  let progress: Progress | undefined
  try {
    const problems = sha256(canonicalJson(entries.map(({ problem }) => problem)))
    const settings = { data: resolve(data), problems, samples, maxTurns, limit, seed, profile: profileHash(profile) }
    const run = await openCommandRun('eval', { ...settings, ...(await policySettings(words)) }, words.run)
    try {
      const report = await evaluate({
        problems: entries.map((entry) => ({ problem: entry.problem, openPicture: () => openProblemPicture(entry) })),
        policy,
        samples,
        maxTurns,
        profile,
        seed,
        run,
        concurrency,
        stop: interrupt.signal,
        onProgress: (counts) => (progress = advance(progress, counts)),
      })
      progress?.finish()
      const openPicture = ({ dataSource, docId }: Problem) =>
        openProblemPicture(entries.find(({ problem }) => problem.dataSource === dataSource && problem.docId === docId)!)
      const page = await writeRunPage(run, { title: `Searches of ${policy.name}`, profile, openPicture })
      await replaceFile(run.file('turns.svg'), chart(report, policy.name))
      if (words.json) printJson({ ...report.summary, page: page && resolve(page) })
      else print(`${text(report, policy.name)}\n\nRun: ${run.path}${page ? `\nSome searches: ${resolve(page)}` : ''}`)
    } finally {
      await run.close()
    }
  } finally {
    interrupt.release()
    await policy.close?.()
  }
}

function advance(progress: Progress | undefined, { done, total, correct }: EvalProgress): Progress {
  if (!progress) return startProgress({ label: 'searches', total, done })
  progress.advance(1, `${correct} right`)
  return progress
}

function text({ summary, causes }: EvalReport, name: string): string {
  return [accuracyTable([{ name, summary }]), causesTable(causes)].map(plainTable).join('\n\n')
}

function chart({ summary }: EvalReport, name: string): string {
  const curves = levels.flatMap((level) => {
    const slice = summary.byLevel[level]
    return slice ? [limitCurve(level, slice)] : []
  })
  const title = `Accuracy of ${name} by turn limit`
  return curveSvg([...curves, limitCurve('all', summary)], { title, xLabel: 'turn limit', yLabel: 'accuracy' })
}
