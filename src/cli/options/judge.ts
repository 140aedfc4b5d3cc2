/** `--judge` and its related options, shared by every command that judges. */
import { defaultMaxTokens } from '../../judge/llm.ts'
import type { OpenedJudge } from '../../judge/open-judge.ts'
import { scoreParsers } from '../../judge/parse-score.ts'
import { judgeForms, judgeNamed } from '../../judge/registry.ts'
import { inGroup, only, required, text, whole } from './schema.ts'

const whoDecides = `how to decide whether an answer is correct: ${judgeForms}`

interface Chosen {
  readonly judge: string
}

const serverOptions = inGroup(
  'Judge',
  {
    judgeBaseUrl: text('<url>', 'OpenAI-compatible server of llm:<model>, such as http://127.0.0.1:8000/v1'),
    judgeApiKeyEnv: text('<name>', 'environment variable that holds its API key'),
  },
  only<Chosen>(
    ({ judge }) => judgeNamed(judge)?.kind.modelAt === 'server',
    'for a model behind a server as judge: add --judge llm:<model>',
  ),
)

const modelOptions = inGroup(
  'Judge',
  {
    judgeParser: text(
      '<name>',
      `how the judge’s reply is parsed: ${scoreParsers.join(', ')}, json:<path> or /<regular expression>/`,
      {
        fallbackText: 'lenient; with --judge-prompts that of the released scorer: official or charxiv',
      },
    ),
    judgePrompts: text(
      '<file>',
      'your copy of the official general_qa_tool.py, or for CharXiv of its constants.py, to use its prompts',
      {
        fallbackText: 'our own',
      },
    ),
    judgeMaxTokens: whole(
      'token limit of the judge’s reply, including thinking; doubled up to twice after a truncated reply',
      {
        min: 1,
        fallbackText: String(defaultMaxTokens),
      },
    ),
  },
  only<Chosen>(
    ({ judge }) => judgeNamed(judge)?.kind.modelAt !== undefined,
    'for a model as judge: add --judge llm:<model> or local:<model>',
  ),
)

/** `fallbackText`: the default as shown in the help. */
export function judgeOptions(fallbackText?: string) {
  const judge = text('<name>', whoDecides, { fallback: 'exact', ...(fallbackText !== undefined && { fallbackText }) })
  return { ...inGroup('Judge', { judge }), ...serverOptions, ...modelOptions }
}

/** For the `judge` command, where the judge is required. */
export const namedJudgeOptions = {
  ...inGroup('Judge', { judge: required(text('<name>', whoDecides)) }),
  ...serverOptions,
  ...modelOptions,
}

/** The judge's part of a JSON result. */
export function judgeResult({ settings, cost }: OpenedJudge): object {
  return { ...settings, ...(cost && { cost: cost() }) }
}

/** For example `Judge: llm:qwen. 120 verdicts, 20 of them cached; 101 requests, 30,100 tokens in and 510 out.` */
export function judgeText({ settings: { name }, cost }: OpenedJudge): string {
  const spent = cost?.()
  if (spent === undefined) return `Judge: ${name}.`
  const count = (value: number): string => value.toLocaleString('en')
  return (
    `Judge: ${name}. ${count(spent.verdicts)} verdicts, ${count(spent.cached)} of them cached; ` +
    `${count(spent.requests)} requests, ${count(spent.promptTokens)} tokens in and ${count(spent.replyTokens)} out.`
  )
}
