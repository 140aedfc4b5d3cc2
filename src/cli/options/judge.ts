/** `--judge` and its like, the same for every command that judges. */
import { defaultMaxTokens } from '../../judge/llm.ts'
import type { OpenedJudge } from '../../judge/open-judge.ts'
import { scoreParsers } from '../../judge/parse-score.ts'
import { judgeForms, judgeNamed } from '../../judge/registry.ts'
import { inGroup, only, required, text, whole } from './schema.ts'

const whoDecides = `who decides whether an answer is correct: ${judgeForms}`

const modelOptions = inGroup(
  'Judge',
  {
    judgeBaseUrl: text('<url>', 'OpenAI-compatible server of llm:<model>, such as http://127.0.0.1:8000/v1'),
    judgeApiKeyEnv: text('<name>', 'environment variable that holds its API key'),
    judgeParser: text(
      '<name>',
      `how its reply is read: ${scoreParsers.join(', ')}, json:<path> or /<regular expression>/`,
      {
        fallbackText: 'lenient; with --judge-prompts official, as the released scorer does',
      },
    ),
    judgePrompts: text('<file>', 'your copy of the official general_qa_tool.py, for its prompts', {
      fallbackText: 'our own',
    }),
    judgeMaxTokens: whole('tokens of its reply, thinking included; up to four times as many after a truncated one', {
      min: 1,
      fallbackText: String(defaultMaxTokens),
    }),
  },
  only<{ readonly judge: string }>(
    ({ judge }) => judgeNamed(judge)?.model !== undefined,
    'for a model as judge: add --judge llm:<model>',
  ),
)

/** `fallbackText`: how help tells the fallback. */
export function judgeOptions(fallbackText?: string) {
  const judge = text('<name>', whoDecides, { fallback: 'exact', ...(fallbackText !== undefined && { fallbackText }) })
  return { ...inGroup('Judge', { judge }), ...modelOptions }
}

/** Of a command that is about judging: the judge has to be named. */
export const namedJudgeOptions = {
  ...inGroup('Judge', { judge: required(text('<name>', whoDecides)) }),
  ...modelOptions,
}

/** The judge as a result names it, for machines. */
export function judgeResult({ settings, cost }: OpenedJudge): object {
  return { ...settings, ...(cost && { cost: cost() }) }
}

/** Such as `Judge: llm:qwen. 120 verdicts, 20 of them cached; 101 requests, 30,100 tokens in and 510 out.` */
export function judgeText({ settings: { name }, cost }: OpenedJudge): string {
  const spent = cost?.()
  if (spent === undefined) return `Judge: ${name}.`
  const count = (value: number): string => value.toLocaleString('en')
  return (
    `Judge: ${name}. ${count(spent.verdicts)} verdicts, ${count(spent.cached)} of them cached; ` +
    `${count(spent.requests)} requests, ${count(spent.promptTokens)} tokens in and ${count(spent.replyTokens)} out.`
  )
}
