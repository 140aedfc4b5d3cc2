/** `mini-o3 collect`: cold-start data, the searches of a teacher that ended in the right answer. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openProblemPicture, readProblems } from '../benchmark/mini-o3-json.ts'
import { collect } from '../coldstart/collect.ts'
import type { CollectProgress } from '../coldstart/collect.ts'
import { summariseCollection } from '../coldstart/summary.ts'
import type { CollectSummary } from '../coldstart/summary.ts'
import { judgeExact } from '../judge/exact.ts'
import { writeRunPage } from '../page/write-run-page.ts'
import { teacherPolicy } from '../policy/teacher/teacher.ts'
import type { Problem } from '../protocol/problem.ts'
import { profileHash, profiles } from '../protocol/profile.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { startProgress } from '../shared/progress.ts'
import type { Progress } from '../shared/progress.ts'
import { checkPolicyName } from './choose-policy.ts'
import { openCommandRun } from './command-run.ts'
import { print, printJson, say } from './output.ts'
import { sceneOf } from './scene-of.ts'
import { commonWords, decimalNumber, examples, wholeNumber } from './words.ts'
import type { CommonWords } from './words.ts'

interface CollectWords extends CommonWords {
  readonly data: string
  readonly policy: string
  readonly mistakeRate: number
  readonly samples: number
  readonly maxTurns: number
  readonly limit?: number
  readonly concurrency: number
}

const collectPolicies = ['teacher']

export function addCollect(program: Command): void {
  const command = program
    .command('collect')
    .summary('collect cold-start data')
    .description('A teacher searches problems; trajectories with the right answer are kept. Repeat it to resume.')
    .requiredOption('--data <path>', 'a folder with train.json, or a file of Mini-o3 rows')
    .option('--policy <name>', 'who searches: teacher (scripted; it knows generated scenes)', 'teacher')
    .option('--mistake-rate <p>', 'how often the teacher takes something else for the goal', decimalNumber(0, 1), 0.05)
    .option('--samples <k>', 'searches for each problem', wholeNumber(1, 1000), 1)
    .option('--max-turns <n>', 'turns that a search may take', wholeNumber(1, 1000), 32)
    .option('--limit <n>', 'only the first n problems', wholeNumber(1))
    .option('--concurrency <n>', 'searches at once', wholeNumber(1, 1024), 8)
  commonWords(command)
  examples(
    command,
    'mini-o3 probe build --out data/train --train 6000 --no-pictures',
    'mini-o3 collect --data data/train --run runs/collect',
  )
  command.action(collectCommand)
}

async function collectCommand(words: CollectWords): Promise<void> {
  const { data, policy: policyName, mistakeRate, samples, maxTurns, limit, seed, concurrency } = words
  checkPolicyName(words, collectPolicies)
  const profile = profiles.embedded
  // A folder's own training problems; a file is taken as it is.
  const entries = (await readProblems(data, { split: 'train' })).slice(0, limit)
  for (const { problem } of entries) sceneOf(problem)
  const problems = sha256(canonicalJson(entries.map(({ problem }) => problem)))
  const settings = { data: resolve(data), problems, policy: policyName, mistakeRate, samples, maxTurns, limit, seed }
  const run = await openCommandRun('collect', { ...settings, profile: profileHash(profile) }, words.run)
  const interrupt = catchInterrupt(() => say('Finishing the searches in flight. Repeat the command to go on.'))
  let progress: Progress | undefined
  try {
    const searched = await collect({
      problems: entries.map((entry) => ({ problem: entry.problem, openPicture: () => openProblemPicture(entry) })),
      policy: teacherPolicy({ sceneOf, mistakeRate }),
      judge: judgeExact,
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
    const summary = summariseCollection(searched)
    const openPicture = ({ dataSource, docId }: Problem) =>
      openProblemPicture(entries.find(({ problem }) => problem.dataSource === dataSource && problem.docId === docId)!)
    const page = await writeRunPage(run, { title: 'Cold-start searches', profile, openPicture })
    if (words.json) printJson({ ...summary, run: run.path, page: page && resolve(page) })
    else print(`${text(summary)}\nRun: ${run.path}${page ? `\nSome searches: ${resolve(page)}` : ''}`)
  } finally {
    interrupt.release()
    await run.close()
  }
}

function advance(progress: Progress | undefined, { done, total, kept }: CollectProgress): Progress {
  if (!progress) return startProgress({ label: 'searches', total, done })
  progress.advance(1, `${kept} kept`)
  return progress
}

function text({ searches, kept, meanTurns, mostTurns, patterns }: CollectSummary): string {
  const shown = Object.entries(patterns).map(([name, count]) => `${name} ${count}`)
  return [
    `${kept} of ${searches} searches kept, ${meanTurns.toFixed(1)} turns on average, ${mostTurns} at most.`,
    `Patterns: ${shown.join(', ')}.`,
  ].join('\n')
}
