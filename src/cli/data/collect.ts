/** `mini-o3 collect`: cold-start data, the searches of a teacher that ended in the right answer. */
import type { Command } from 'commander'
import { collect, readCollected } from '../../coldstart/collect.ts'
import type { CollectProgress } from '../../coldstart/collect.ts'
import { readExemplars, shippedExemplars, shotsFor } from '../../coldstart/exemplars.ts'
import type { SelectionRules } from '../../coldstart/selection.ts'
import { summariseCollection } from '../../coldstart/summary.ts'
import type { CollectSummary } from '../../coldstart/summary.ts'
import { plainTable } from '../../evaluate/document/table.ts'
import { columns } from '../print/output.ts'
import type { Policy } from '../../policy/policy.ts'
import { teacherPolicy } from '../../policy/teacher/teacher.ts'
import { sceneOf } from '../../probe/problem.ts'
import { countReasons, reasonOf } from '../../protocol/reason.ts'
import type { Reason } from '../../protocol/reason.ts'
import type { Profile } from '../../protocol/profile.ts'
import { keyOf, searchKey } from '../../search/owed-samples.ts'
import { checkPolicyName, chatWords, isChat, openPolicy, policySettings } from '../words/choose-policy.ts'
import type { PolicyWords } from '../words/choose-policy.ts'
import { maxPixelsWord, profileOf, profileWords } from '../words/choose-profile.ts'
import type { ProfileWords } from '../words/choose-profile.ts'
import { patternTable, spentText, startSpending } from './collect-text.ts'
import { judgeResult, judgeText, judgeWords, withJudge } from '../words/judge.ts'
import type { JudgeWords } from '../words/judge.ts'
import { readEntries, searchRun, searchRunWords } from '../search-run.ts'
import type { SearchRunWords } from '../search-run.ts'
import { onlyWhere } from '../words/strict.ts'
import { decimalNumber, examples, wholeNumber } from '../words/common.ts'

interface CollectWords extends SearchRunWords, PolicyWords, ProfileWords, JudgeWords, SelectionRules {
  readonly mistakeRate: number
  readonly exemplars?: string
  readonly shots?: number
}

const collectPolicies = ['teacher', 'chat:<model>']

/** What holds for large models where the words say nothing: how many exemplars they see, and the shares of the set. */
const chatDefaults = { shots: 2, maxSingleTurn: 0.1, maxDuplicates: 0.1 } as const

export function addCollect(program: Command): void {
  const command = program
    .command('collect')
    .summary('collect cold-start data')
    .description('A teacher searches problems; trajectories with the right answer are kept. Repeat it to resume.')
    .option('--policy <name>', 'who searches: teacher (scripted; it knows generated scenes), chat:<model>', 'teacher')
    .option('--mistake-rate <p>', 'how often the teacher takes something else for the goal', decimalNumber(0, 1), 0.05)
    .option('--exemplars <folder>', 'searches that chat:<model> is shown before its own (default: those that ship)')
    .option('--shots <n>', 'how many of them at a time, in turn (default: 2)', wholeNumber(0, 64))
    .option('--temperature <t>', 'of chat:<model>: lower is surer and more alike', decimalNumber(0, 10), 1)
    .option('--target <n>', 'stop when the set holds so many (default: all problems)', wholeNumber(1))
    .option('--max-single-turn <p>', 'share that may answer without a zoom (default: chat 0.1)', decimalNumber(0, 1))
    .option('--max-duplicates <p>', 'share that may repeat another search (default: chat 0.1)', decimalNumber(0, 1))
  searchRunWords(command, 'train.json', 8)
  onlyWhere<CollectWords>(command, ['mistake-rate'], (words) => !isChat(words), 'for --policy teacher: take that')
  const forChat = 'for a model behind a server: add --policy chat:<model>'
  onlyWhere<CollectWords>(command, ['temperature', 'exemplars', 'shots'], isChat, forChat)
  onlyWhere<CollectWords>(command, ['exemplars'], ({ shots }) => shots !== 0, 'for --shots above 0: raise that')
  chatWords(command)
  maxPixelsWord(profileWords(command))
  judgeWords(command, 'exact')
  examples(
    command,
    'mini-o3 probe build --out data/train --train 6000 --no-pictures',
    'mini-o3 collect --data data/train --run runs/collect',
    'mini-o3 collect --problems VisualProbe_train --policy chat:<model> --base-url http://127.0.0.1:8000/v1 ' +
      '--samples 4 --target 6000',
  )
  command.action(collectCommand)
}

async function collectCommand(words: CollectWords): Promise<void> {
  checkPolicyName(words, collectPolicies)
  const profile = profileOf(words)
  // A folder's own training problems; a file is taken as it is.
  const entries = await readEntries(words, 'train')
  const problems = entries.map(({ problem }) => problem)
  if (!isChat(words)) for (const problem of problems) sceneOf(problem)
  await withJudge(words, problems, async (judge) => {
    const { policy, settings } = await openTeacher(words, profile)
    const selection = rulesOf(words)
    const { target } = selection ?? {}
    const plan = {
      command: 'collect',
      entries,
      profile,
      settings: { ...settings, judge: judge.settings, selection },
      title: 'Cold-start searches',
      unit: target === undefined ? 'searches' : 'kept',
    } as const
    try {
      const incomplete = await searchRun(words, plan, async ({ tell, ...searches }) => {
        const spending = startSpending()
        const reasons: Reason[] = []
        /** Searches of this call, by key. */
        const told = new Set<string>()
        const searched = await collect({
          ...searches,
          policy,
          judge: await judge.judgeIn(searches.run),
          onProgress: (counts, newest) => {
            if (newest !== undefined) spending.add(newest)
            const shown = target === undefined ? counts : { ...counts, done: counts.inSet, total: target }
            const note = [...outcomes(counts), ...(isChat(words) ? [spentText(spending.spent())] : [])].join(', ')
            const reason = newest && reasonOf(newest)
            if (newest !== undefined) told.add(keyOf(newest))
            if (reason !== undefined) reasons.push(reason)
            tell(shown, note, reason)
          },
        })
        for (const search of searched) {
          if (search.failure === undefined || told.has(searchKey(search, search.sampleIndex))) continue
          const { code, message } = search.failure
          reasons.push({ kind: 'refused', code, message })
        }
        const summary = summariseCollection(searched, await readCollected(searches.run))
        const spent = isChat(words) ? spending.spent() : undefined
        const result = { ...summary, target, spent, judge: judgeResult(judge) }
        const bill = spent === undefined ? [] : [`This call: ${spentText(spent)}.`]
        const parts = [text(summary, target), plainTable(patternTable(summary), columns()), ...bill, judgeText(judge)]
        return { result, text: parts.join('\n\n'), reasons: countReasons(reasons) }
      })
      if (incomplete) throw incomplete
    } finally {
      await policy.close?.()
    }
  })
}

/** The policy and what the run keeps of it. */
async function openTeacher(words: CollectWords, profile: Profile): Promise<{ policy: Policy; settings: object }> {
  const { policy: name, mistakeRate } = words
  if (!isChat(words))
    return { policy: teacherPolicy({ sceneOf, mistakeRate }), settings: { policy: name, mistakeRate } }
  const count = words.shots ?? chatDefaults.shots
  const exemplars = count === 0 ? [] : await readExemplars(words.exemplars ?? shippedExemplars, profile)
  const shots = shotsFor(exemplars, count)
  const policy = await openPolicy(words, profile, shots)
  const shown = exemplars.map(({ sha256 }) => sha256)
  return { policy, settings: { ...(await policySettings(words)), shots: count, exemplars: shown } }
}

/** Undefined: every right search is in the set. */
function rulesOf(words: CollectWords): SelectionRules | undefined {
  const { maxSingleTurn, maxDuplicates } = isChat(words) ? chatDefaults : {}
  const rules = {
    target: words.target,
    maxSingleTurn: words.maxSingleTurn ?? maxSingleTurn,
    maxDuplicates: words.maxDuplicates ?? maxDuplicates,
  }
  return Object.values(rules).some((rule) => rule !== undefined) ? rules : undefined
}

function outcomes({ done, kept, inSet, overTurn, failed, refused, unjudged }: CollectProgress): string[] {
  const wrong = done - kept - overTurn
  return [
    `${inSet} kept`,
    `${wrong} wrong`,
    `${overTurn} over-turn`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(unjudged > 0 ? [`${unjudged} unjudged`] : []),
  ]
}

function text({ searches, right, kept, meanTurns, mostTurns }: CollectSummary, target: number | undefined): string {
  const short = target !== undefined && kept < target
  return [
    `${kept} of ${searches} searches kept, ${meanTurns.toFixed(1)} turns on average, ${mostTurns} at most.`,
    ...(right > kept ? [`${right - kept} more were right: too many of a kind, or beyond the target.`] : []),
    ...(short ? [`The target of ${target} is not reached: raise --samples in another run, or add problems.`] : []),
  ].join('\n')
}
