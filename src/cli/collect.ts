/** `mini-o3 collect`: cold-start data, the searches of a teacher that ended in the right answer. */
import type { Command } from 'commander'
import { collect } from '../coldstart/collect.ts'
import { summariseCollection } from '../coldstart/summary.ts'
import type { CollectSummary } from '../coldstart/summary.ts'
import { judgeExact } from '../judge/exact.ts'
import { teacherPolicy } from '../policy/teacher/teacher.ts'
import { sceneOf } from '../probe/problem.ts'
import { profiles } from '../protocol/profile.ts'
import { checkPolicyName } from './choose-policy.ts'
import { readEntries, searchRun, searchRunWords } from './search-run.ts'
import type { SearchRunWords } from './search-run.ts'
import { decimalNumber, examples } from './words.ts'

interface CollectWords extends SearchRunWords {
  readonly policy: string
  readonly mistakeRate: number
}

const collectPolicies = ['teacher']

export function addCollect(program: Command): void {
  const command = program
    .command('collect')
    .summary('collect cold-start data')
    .description('A teacher searches problems; trajectories with the right answer are kept. Repeat it to resume.')
    .option('--policy <name>', 'who searches: teacher (scripted; it knows generated scenes)', 'teacher')
    .option('--mistake-rate <p>', 'how often the teacher takes something else for the goal', decimalNumber(0, 1), 0.05)
  searchRunWords(command, 'train.json', 8)
  examples(
    command,
    'mini-o3 probe build --out data/train --train 6000 --no-pictures',
    'mini-o3 collect --data data/train --run runs/collect',
  )
  command.action(collectCommand)
}

async function collectCommand(words: CollectWords): Promise<void> {
  checkPolicyName(words, collectPolicies)
  const { policy: policyName, mistakeRate } = words
  // A folder's own training problems; a file is taken as it is.
  const entries = await readEntries(words, 'train')
  for (const { problem } of entries) sceneOf(problem)
  const policy = teacherPolicy({ sceneOf, mistakeRate })
  const settings = { policy: policyName, mistakeRate }
  const plan = {
    command: 'collect',
    entries,
    profile: profiles.embedded,
    settings,
    title: 'Cold-start searches',
  } as const
  await searchRun(words, plan, async ({ tell, ...searches }) => {
    const searched = await collect({
      ...searches,
      policy,
      judge: judgeExact,
      onProgress: (counts) => tell(counts, `${counts.kept} kept`),
    })
    const summary = summariseCollection(searched)
    return { result: summary, text: text(summary) }
  })
}

function text({ searches, kept, meanTurns, mostTurns, patterns }: CollectSummary): string {
  const shown = Object.entries(patterns).map(([name, count]) => `${name} ${count}`)
  return [
    `${kept} of ${searches} searches kept, ${meanTurns.toFixed(1)} turns on average, ${mostTurns} at most.`,
    `Patterns: ${shown.join(', ')}.`,
  ].join('\n')
}
