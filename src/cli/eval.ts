/** `mini-o3 eval`: Avg@K of a policy on a set of problems, at every turn limit, with intervals and causes. */
import type { Command } from 'commander'
import { curveSvg, limitCurves } from '../evaluate/curve-svg.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvalProgress, EvalReport } from '../evaluate/evaluate.ts'
import { accuracyTable, causesTable, plainTable } from '../evaluate/table.ts'
import { checkQuestion } from '../policy/embedded/embedded-policy.ts'
import { embeddedProfileWith } from '../protocol/profile.ts'
import { replaceFile } from '../shared/run-folder.ts'
import { checkPolicyName, evalPolicies, isChat, openPolicy, policySettings, policyWords } from './choose-policy.ts'
import type { PolicyWords } from './choose-policy.ts'
import { profileOf, profileWords } from './choose-profile.ts'
import type { ProfileWords } from './choose-profile.ts'
import { judgeResult, judgeText, judgeWords, withJudge } from './judge-words.ts'
import type { JudgeWords, OpenedJudge } from './judge-words.ts'
import { readEntries, searchRun, searchRunWords } from './search-run.ts'
import type { SearchRunWords } from './search-run.ts'
import { budgetOf, budgetWords, sayTradeOff } from './view-budget.ts'
import type { BudgetWords } from './view-budget.ts'
import { choice, examples } from './words.ts'

interface EvalWords extends SearchRunWords, PolicyWords, ProfileWords, BudgetWords, JudgeWords {}

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .summary('measure a policy on a set of problems')
    .description('Searches each problem K times and reports accuracy at every turn limit. Repeat it to resume.')
    .addOption(
      choice('--benchmark <name>', 'how the data is read and scored', ['visual-probe']).default('visual-probe'),
    )
  searchRunWords(command, 'test.json', 32)
  budgetWords(command)
  policyWords(command, 1, evalPolicies)
  profileWords(command)
  judgeWords(command, 'exact')
  examples(
    command,
    'mini-o3 eval --data data/probe --samples 4',
    'mini-o3 eval --data data/probe --policy random-crops --limit 90 --json',
    'mini-o3 eval --data data/probe --view-side 32 --context-limit 400',
    'mini-o3 eval --data VisualProbe_Hard --policy chat:<model> --base-url http://127.0.0.1:8000/v1 --profile official-32',
    'mini-o3 eval --data VisualProbe_Hard --policy chat:<model> --base-url http://127.0.0.1:8000/v1 ' +
      '--judge llm:<model> --judge-base-url http://127.0.0.1:8001/v1',
  )
  command.action(evalCommand)
}

async function evalCommand(words: EvalWords): Promise<void> {
  checkPolicyName(words, evalPolicies)
  // What a view may cost is the embedded policy's to choose; a model behind a server goes by its profile.
  const budget = isChat(words) ? undefined : budgetOf(words)
  const chosen = profileOf(words)
  const profile = budget === undefined ? chosen : embeddedProfileWith(budget)
  const entries = await readEntries(words)
  // All others are made of the embedded policy.
  if (budget && words.policy !== 'blind') for (const { problem } of entries) checkQuestion(problem)
  const problems = entries.map(({ problem }) => problem)
  await withJudge(words, problems, async (judge) => {
    const settings = { ...(await policySettings(words)), ...budget, judge: judge.settings }
    const policy = await openPolicy(words, profile)
    if (budget) sayTradeOff(budget)
    try {
      const plan = { command: 'eval', entries, profile, settings, title: `Searches of ${policy.name}` } as const
      await searchRun(words, plan, async ({ tell, ...searches }) => {
        const onProgress = (counts: EvalProgress): void => tell(counts, `${counts.correct} right`)
        const report = await evaluate({ ...searches, policy, judge: await judge.judgeIn(searches.run), onProgress })
        await replaceFile(searches.run.file('turns.svg'), chart(report, policy.name))
        const result = { ...report.summary, ...budget, judge: judgeResult(judge) }
        return { result, text: text(report, policy.name, judge) }
      })
    } finally {
      await policy.close?.()
    }
  })
}

function text({ summary, causes }: EvalReport, name: string, judge: OpenedJudge): string {
  return [...[accuracyTable([{ name, summary }]), causesTable(causes)].map(plainTable), judgeText(judge)].join('\n\n')
}

function chart({ summary }: EvalReport, name: string): string {
  const title = `Accuracy of ${name} by turn limit`
  return curveSvg(limitCurves(summary), { title, xLabel: 'turn limit', yLabel: 'accuracy' })
}
