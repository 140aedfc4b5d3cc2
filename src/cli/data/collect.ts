/** `mini-o3 collect`: cold-start data, that is, a teacher's searches that ended in the right answer. */
import type { Command } from 'commander'
import { collect, readSetEntries } from '../../coldstart/collect.ts'
import type { CollectProgress } from '../../coldstart/collect.ts'
import { readExemplars, shippedExemplars, shotsFor } from '../../coldstart/exemplars.ts'
import type { SelectionRules } from '../../coldstart/selection.ts'
import { summariseCollection } from '../../coldstart/summary.ts'
import type { CollectSummary } from '../../coldstart/summary.ts'
import { plainTable } from '../../evaluate/document/table.ts'
import { columns, say } from '../print/output.ts'
import type { Policy } from '../../policy/policy.ts'
import {
  checkPolicy,
  checkProblem,
  policyKindOf,
  openPolicy,
  policySettings,
} from '../../policy/registry/open-policy.ts'
import { reasonOf } from '../../protocol/reason.ts'
import { reasonCounter } from '../../protocol/reason-count.ts'
import type { Profile } from '../../protocol/profile.ts'
import { skippedText } from '../../search/owed-samples.ts'
import { keyOf, searchKey, searchNamed } from '../../runs/searches.ts'
import type { SkippedProblem } from '../../runs/searches.ts'
import { addCommand } from '../options/command.ts'
import { chatOptions, ofPolicy, policyOption, temperatureOption } from '../options/policy.ts'
import { maxPixelsOption, chosenProfile, profileOptions } from '../options/profile.ts'
import { patternTable, spentText, startSpending } from './collect-text.ts'
import { judgeResult, judgeText, judgeOptions } from '../options/judge.ts'
import { withJudge } from '../../judge/open-judge.ts'
import { limitOption, readEntries, searchRun, searchManyOptions } from '../search-run.ts'
import { decimal, inGroup, only, required, restrict, text, whole } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { dataOption, runOptions } from '../options/shared.ts'

/** Defaults for large models: exemplars per prompt, and limits on shares of the set. */
const chatDefaults = { shots: 2, maxSingleTurn: 0.1, maxDuplicates: 0.1 } as const

const forChat = 'for a model behind a server: add --policy chat:<model>'
const ofChat = `${chatDefaults.maxSingleTurn} for chat, otherwise no limit`

const collectOptions = {
  ...inGroup('Problems', {
    data: required(
      dataOption('a folder with train.json, a file of Mini-o3 rows, or a table of your own with its pictures').data,
    ),
  }),
  ...limitOption,
  ...inGroup('Search', {
    ...policyOption('collect', 'teacher', '; teacher is a script that knows generated scenes'),
    ...ofPolicy(
      {
        mistakeRate: decimal('<p>', 'probability that the teacher mistakes another object for the target', {
          min: 0,
          max: 1,
          fallback: 0.05,
        }),
      },
      'for --policy teacher: use that',
    ),
    ...restrict(
      ofPolicy(
        {
          exemplars: text('<folder>', 'example searches shown to chat:<model> before its own', {
            fallbackText: 'the shipped ones',
          }),
        },
        forChat,
      ),
      only<{ readonly shots?: number }>(({ shots }) => shots !== 0, 'for --shots above 0: raise that'),
    ),
    ...ofPolicy(
      {
        shots: whole('exemplars in each prompt, rotated from search to search', {
          min: 0,
          max: 64,
          fallbackText: String(chatDefaults.shots),
        }),
        temperature: temperatureOption(1),
      },
      forChat,
    ),
    target: whole('stop when the set contains this many searches', { min: 1, fallbackText: 'all problems' }),
    maxSingleTurn: decimal('<p>', `largest share of searches that answer without a zoom (default: ${ofChat})`, {
      min: 0,
      max: 1,
    }),
    maxDuplicates: decimal('<p>', `largest share of searches that repeat another one (default: ${ofChat})`, {
      min: 0,
      max: 1,
    }),
    samples: whole('searches for each problem', { takes: '<k>', min: 1, max: 1000, fallback: 1 }),
  }),
  ...searchManyOptions(8),
  ...chatOptions,
  ...profileOptions,
  ...maxPixelsOption,
  ...judgeOptions(),
  ...runOptions,
}

type CollectOptions = Values<typeof collectOptions>

export function addCollect(program: Command): void {
  addCommand(program, {
    name: 'collect',
    summary: 'collect cold-start data',
    description:
      'A teacher searches problems; trajectories with the right answer are kept. Repeat the command to resume.',
    options: collectOptions,
    examples: [
      'mini-o3 probe build --out data/train --train 6000 --no-pictures',
      'mini-o3 collect --data data/train --run runs/collect',
      'mini-o3 collect --data VisualProbe_train --policy chat:<model> --base-url http://127.0.0.1:8000/v1 ' +
        '--samples 4 --target 6000',
    ],
    run: collectCommand,
  })
}

async function collectCommand(options: CollectOptions): Promise<void> {
  const { kind } = checkPolicy(options, 'collect')
  const profile = chosenProfile(options)
  // The training split of a folder; a file is read whole.
  const entries = await readEntries(options, 'train')
  const problems = entries.map(({ problem }) => problem)
  for (const problem of problems) checkProblem(options, problem)
  await withJudge(options, problems, async (judge) => {
    const { policy, settings } = await openTeacher(options, profile)
    const selection = rulesOf(options)
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
      const incomplete = await searchRun(options, plan, async ({ tell, ...searches }) => {
        const spending = startSpending()
        const reasons = reasonCounter()
        const skipped: SkippedProblem[] = []
        /** Searches of this invocation, by key. */
        const told = new Set<string>()
        const searched = await collect({
          ...searches,
          policy,
          judge: await judge.judgeIn(searches.run),
          onSkip: (problem) => skipped.push(problem),
          onProgress: (counts, newest) => {
            if (newest !== undefined) spending.add(newest)
            const shown = target === undefined ? counts : { ...counts, done: counts.inSet, total: target }
            const note = [...outcomes(counts), ...(kind.priced ? [spentText(spending.spent())] : [])].join(', ')
            if (newest !== undefined) told.add(keyOf(newest))
            const reason = newest && reasonOf(newest)
            if (newest && reason) reasons.add(reason, () => searchNamed(keyOf(newest)))
            tell(shown, note, newest)
          },
        })
        for (const search of searched) {
          if (search.failure === undefined || told.has(searchKey(search, search.sampleIndex))) continue
          const { code, message } = search.failure
          const { dataSource, docId, sampleIndex } = search
          reasons.add({ kind: 'refused', code, message }, () => ({ dataSource, docId, sampleIndex }))
        }
        const summary = summariseCollection(searched, await readSetEntries(searches.run))
        const spent = kind.priced ? spending.spent() : undefined
        const result = { ...summary, skipped, target, spent, judge: judgeResult(judge) }
        const bill = spent === undefined ? [] : [`This call: ${spentText(spent)}.`]
        const parts = [
          summaryText(summary, target),
          plainTable(patternTable(summary), columns()),
          ...bill,
          judgeText(judge),
        ]
        if (skipped.length > 0) parts.push(skippedText(skipped))
        return { result, text: parts.join('\n\n'), reasons: reasons.counts(), skipped }
      })
      if (incomplete) throw incomplete
    } finally {
      await policy.close?.()
    }
  })
}

/** The policy, and the settings of it that the run stores. */
async function openTeacher(options: CollectOptions, profile: Profile): Promise<{ policy: Policy; settings: object }> {
  const settings = await policySettings(options)
  if (!takesShots(options)) return { policy: await openPolicy(options, profile), settings }
  const count = options.shots ?? chatDefaults.shots
  const exemplars = count === 0 ? [] : await readExemplars(options.exemplars ?? shippedExemplars, profile)
  const shots = shotsFor(exemplars, count)
  const policy = await openPolicy(options, profile, shots)
  if (policy.about !== undefined) say(policy.about)
  const shown = exemplars.map(({ sha256 }) => sha256)
  return { policy, settings: { ...settings, shots: count, exemplars: shown } }
}

function takesShots(options: CollectOptions): boolean {
  return policyKindOf(options)?.options.includes('shots') ?? false
}

/** Undefined if the set takes every right search. */
function rulesOf(options: CollectOptions): SelectionRules | undefined {
  const { maxSingleTurn, maxDuplicates } = takesShots(options) ? chatDefaults : {}
  const rules = {
    target: options.target,
    maxSingleTurn: options.maxSingleTurn ?? maxSingleTurn,
    maxDuplicates: options.maxDuplicates ?? maxDuplicates,
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

function summaryText(
  { searches, right, kept, meanTurns, mostTurns }: CollectSummary,
  target: number | undefined,
): string {
  const short = target !== undefined && kept < target
  return [
    `${kept} of ${searches} searches kept, ${meanTurns.toFixed(1)} turns on average, ${mostTurns} at most.`,
    ...(right > kept
      ? [`${right - kept} more were right but are not in the set: too many of a kind, or beyond --target.`]
      : []),
    ...(short ? [`The target of ${target} is not reached: raise --samples in another run, or add problems.`] : []),
  ].join('\n')
}
