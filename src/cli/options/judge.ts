/** `--judge` and its like: who decides whether an answer is right, the same for every command that judges. */
import { readFile } from 'node:fs/promises'
import { openModel } from '../../endpoint/open-model.ts'
import { nothingSpent } from '../../endpoint/price.ts'
import type { SpentTokens } from '../../endpoint/price.ts'
import { judgeChoice } from '../../judge/choice.ts'
import { judgeExact } from '../../judge/exact.ts'
import { openJudgeCache } from '../../judge/judge-cache.ts'
import type { JudgeCache } from '../../judge/judge-cache.ts'
import { defaultJudgePrompts, judgePromptsHash } from '../../judge/judge-prompts.ts'
import type { JudgePrompts } from '../../judge/judge-prompts.ts'
import { defaultMaxTokens, llmJudge } from '../../judge/llm.ts'
import { judgeCanInfer } from '../../judge/can-infer.ts'
import { judgeMmeLetter } from '../../judge/mme-letter.ts'
import { scoreParser, scoreParsers } from '../../judge/parse-score.ts'
import { releasedJudgePrompts } from '../../judge/released-prompts.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Problem } from '../../protocol/problem.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { inGroup, only, required, text, whole } from './schema.ts'
import type { Values } from './schema.ts'

/** What an LLM judge cost. `retries` are requests that were sent again because the server or the line failed. */
interface JudgeCost {
  readonly verdicts: number
  readonly cached: number
  readonly requests: number
  readonly retries: number
  readonly promptTokens: number
  readonly replyTokens: number
}

export interface OpenedJudge {
  /** What a run keeps of it: all that decides verdicts, and never a key. `name` is such as `exact` or `llm:qwen`. */
  readonly settings: { readonly name: string; readonly parser?: string; readonly promptsSha256?: string }
  /** Throws `UserError` when this judge cannot judge these problems. */
  check?(problems: readonly Problem[]): void
  /** The judge itself; what it says is kept in the run. */
  judgeIn(run: RunFolder): Promise<Judge>
  /** Absent for judges that cost nothing. */
  cost?(): JudgeCost
  /** What all verdicts cost that the run keeps, those from before too. */
  tokens?(): SpentTokens
  close?(): void
}

const names = 'exact, choice, can-infer, mme-letter, llm:<model>'
const whoDecides = `who decides whether an answer is correct: ${names}`

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
  only<{ readonly judge: string }>(({ judge }) => isModel(judge), 'for a model as judge: add --judge llm:<model>'),
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

export type JudgeOptions = Values<typeof namedJudgeOptions>

function isModel(judge: string): boolean {
  return judge.startsWith('llm:')
}

/**
 * Works with the judge that the words name. Throws `UserError` for words that name none, for a server that cannot be used, and
 * for problems that it cannot judge; nothing is written yet.
 */
export async function withJudge<T>(
  options: JudgeOptions,
  problems: readonly Problem[],
  work: (judge: OpenedJudge) => Promise<T>,
): Promise<T> {
  const judge = await openJudge(options)
  try {
    judge.check?.(problems)
    return await work(judge)
  } finally {
    judge.close?.()
  }
}

async function openJudge(options: JudgeOptions): Promise<OpenedJudge> {
  const { judge: name } = options
  if (isModel(name)) return openLlmJudge(options, name.slice('llm:'.length))
  const settings = { name }
  if (name === 'exact') return { settings, judgeIn: async () => judgeExact }
  if (name === 'choice') return { settings, check: checkChoices, judgeIn: async () => judgeChoice }
  if (name === 'can-infer') return { settings, check: checkChoices, judgeIn: async () => judgeCanInfer }
  if (name === 'mme-letter') return { settings, check: checkChoices, judgeIn: async () => judgeMmeLetter }
  throw new UserError('judge-unknown', `--judge ${name} is none of ${names}.`)
}

/** Seconds that one reply of a judge may take, as in the released scorer. */
const replySeconds = 120

async function openLlmJudge(options: JudgeOptions, model: string): Promise<OpenedJudge> {
  const { judge: name, judgeBaseUrl, judgeApiKeyEnv, judgePrompts, judgeMaxTokens: maxTokens } = options
  const parser = scoreParser(options.judgeParser ?? (judgePrompts === undefined ? 'lenient' : 'official'))
  if (model === '' || model === '<model>') {
    throw new UserError('judge-no-model', `--judge ${name} names no model. Put its name behind the colon.`)
  }
  if (judgeBaseUrl === undefined) {
    throw new UserError(
      'judge-base-url-missing',
      `--judge ${name} needs --judge-base-url, such as http://127.0.0.1:8000/v1 or https://api.openai.com/v1.`,
    )
  }
  const server = { baseUrl: judgeBaseUrl, apiKeyEnv: judgeApiKeyEnv, replySeconds }
  const prompts = judgePrompts === undefined ? defaultJudgePrompts : await readPrompts(judgePrompts)
  const { endpoint } = await openModel(server, model).catch(asJudge)
  let cache: JudgeCache | undefined
  return {
    settings: { name, parser: parser.name, promptsSha256: judgePromptsHash(prompts) },
    async judgeIn(run) {
      cache = await openJudgeCache(run)
      return llmJudge({ endpoint, model, parser, cache, prompts, maxTokens })
    },
    cost() {
      const { wanted = 0, cached = 0 } = cache?.counts() ?? {}
      const { requests, retries, promptTokens, replyTokens } = endpoint.spent()
      return { verdicts: wanted, cached, requests, retries, promptTokens, replyTokens }
    },
    tokens: () => cache?.tokens() ?? nothingSpent,
    close: () => endpoint.close(),
  }
}

async function readPrompts(file: string): Promise<JudgePrompts> {
  const source = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('judge-prompts-unreadable', `--judge-prompts ${file} cannot be read: ${messageOf(cause)}.`, {
      cause,
    })
  })
  return releasedJudgePrompts(source)
}

/** The server of a judge and that of a policy are named by different words: says which one is meant. */
function asJudge(error: unknown): never {
  if (!(error instanceof UserError)) throw error
  const message = error.message.replaceAll('--api-key-env', '--judge-api-key-env').replaceAll('chat:', 'llm:')
  throw new UserError(error.code, `The judge: ${message}`, { cause: error })
}

function checkChoices(problems: readonly Problem[]): void {
  const without = problems.find(({ choices = [] }) => choices.length === 0)
  if (without === undefined) return
  throw new UserError(
    'no-choices',
    `${without.dataSource}/${without.docId} has no choices to judge by. Take --judge exact or llm:<model>.`,
  )
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
