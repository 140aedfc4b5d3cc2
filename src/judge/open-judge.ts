/** Opens a judge by name and options, for every command that judges. */
import { readFile } from 'node:fs/promises'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { openModel } from '../endpoint/open-model.ts'
import { nothingSpent } from '../protocol/price.ts'
import type { SpentTokens } from '../protocol/price.ts'
import { findLocalModel } from '../hub/local-model.ts'
import { fingerprint } from '../local/fingerprint.ts'
import { openLocal } from '../local/open-local.ts'
import type { Problem } from '../protocol/problem.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { openJudgeCache } from './judge-cache.ts'
import type { JudgeCache } from './judge-cache.ts'
import { defaultJudgePrompts, judgePromptsHash } from './judge-prompts.ts'
import type { JudgePrompts } from './judge-prompts.ts'
import type { Judge } from './judge.ts'
import { llmJudge } from './llm.ts'
import { scoreParser } from './parse-score.ts'
import { judgeForms, judgeNamed } from './registry.ts'
import type { NamedJudge } from './registry.ts'
import { releasedJudgePrompts } from './released-prompts.ts'

/** The judge by its name, and of a model what it is asked. */
export interface JudgeOptions {
  readonly judge: string
  readonly judgeBaseUrl?: string
  /** Name of the environment variable with its API key. */
  readonly judgeApiKeyEnv?: string
  readonly judgeParser?: string
  /** File with the released prompts. */
  readonly judgePrompts?: string
  readonly judgeMaxTokens?: number
}

/** What a model cost as judge. `retries` are requests that were sent again because the server or the line failed. */
interface JudgeCost {
  readonly verdicts: number
  readonly cached: number
  readonly requests: number
  readonly retries: number
  readonly promptTokens: number
  readonly replyTokens: number
}

export interface OpenedJudge {
  /** Settings that a run stores: everything that affects verdicts, never a key. `name` is for example `exact` or `llm:qwen`. */
  readonly settings: {
    readonly name: string
    readonly parser?: string
    readonly promptsSha256?: string
    /** Of a model that runs here: its fingerprint. */
    readonly checkpoint?: string
  }
  /** Throws `UserError` if this judge cannot judge these problems. */
  check?(problems: readonly Problem[]): void
  /** The judge; its verdicts are stored in the run. */
  judgeIn(run: RunFolder): Promise<Judge>
  /** Absent for judges without a model. */
  cost?(): JudgeCost
  /** Tokens of all stored verdicts of the run, including earlier ones. */
  tokens?(): SpentTokens
  close?(): void | Promise<void>
}

/**
 * Runs `work` with the judge named by the options. Throws `UserError` for an unknown name, an unusable server, and problems that it cannot
 * judge, before anything is written.
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
    await judge.close?.()
  }
}

async function openJudge(options: JudgeOptions): Promise<OpenedJudge> {
  const { judge: name } = options
  const named = judgeNamed(name)
  if (named === undefined) throw new UserError('judge-unknown', `--judge ${name} is not one of ${judgeForms}.`)
  const { kind } = named
  const { judge, needsChoices } = kind
  if (judge === undefined) return openModelJudge(options, named)
  const check = (problems: readonly Problem[]): void => checkChoices(problems, needsChoices === 'all')
  return { settings: { name }, judgeIn: async () => judge, ...(needsChoices && { check }) }
}

/** Timeout of a judge's reply in seconds, as in the released scorer. */
const replySeconds = 120

async function openModelJudge(options: JudgeOptions, { kind, model = '' }: NamedJudge): Promise<OpenedJudge> {
  const { judge: name, judgePrompts, judgeMaxTokens: maxTokens } = options
  if (model === '' || model === '<model>') {
    throw new UserError('judge-no-model', `--judge ${name} names no model. Put its name after the colon.`)
  }
  const prompts = judgePrompts === undefined ? defaultJudgePrompts : await readPrompts(judgePrompts)
  const parser = scoreParser(options.judgeParser ?? prompts.parser ?? 'lenient')
  const opened = await (kind.modelAt === 'here' ? openHere(model) : openAtServer(options, model))
  const { endpoint } = opened
  const weights = opened.checkpoint === undefined ? {} : { checkpoint: opened.checkpoint }
  let cache: JudgeCache | undefined
  return {
    settings: { name, parser: parser.name, promptsSha256: judgePromptsHash(prompts), ...weights },
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

interface OpenedModel {
  readonly endpoint: Omit<Endpoint, 'close'> & { close(): void | Promise<void> }
  readonly checkpoint?: string
}

async function openAtServer(options: JudgeOptions, model: string): Promise<OpenedModel> {
  const { judge: name, judgeBaseUrl: baseUrl, judgeApiKeyEnv: apiKeyEnv } = options
  if (baseUrl === undefined) {
    throw new UserError(
      'judge-base-url-missing',
      `--judge ${name} needs --judge-base-url, such as http://127.0.0.1:8000/v1 or https://api.openai.com/v1.`,
    )
  }
  return openModel({ baseUrl, apiKeyEnv, replySeconds }, model).catch(asJudge)
}

/** It is shown none: any size that every projector takes. */
const judgePixels = 2 ** 17

async function openHere(name: string): Promise<OpenedModel> {
  const { model, mmproj } = await findLocalModel(name)
  const { endpoint } = await openLocal({ model, mmproj, viewPixels: judgePixels })
  return { endpoint, checkpoint: await fingerprint([model, mmproj]) }
}

async function readPrompts(file: string): Promise<JudgePrompts> {
  const source = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('judge-prompts-unreadable', `--judge-prompts ${file} cannot be read: ${messageOf(cause)}.`, {
      cause,
    })
  })
  return releasedJudgePrompts(source)
}

/** Marks errors of the judge's server, whose options differ from those of the policy's server. */
function asJudge(error: unknown): never {
  if (!(error instanceof UserError)) throw error
  const message = error.message
    .replaceAll('--api-key-env', '--judge-api-key-env')
    .replaceAll('--base-url', '--judge-base-url')
    .replaceAll('chat:', 'llm:')
  throw new UserError(error.code, `Judge: ${message}`, { cause: error })
}

function checkChoices(problems: readonly Problem[], all: boolean): void {
  const lacking = problems.filter(({ choices = [] }) => choices.length === 0)
  const [without] = lacking
  if (without === undefined || (!all && lacking.length < problems.length)) return
  throw new UserError(
    'no-choices',
    `${without.dataSource}/${without.docId} has no choices to judge by. Use --judge exact or llm:<model>.`,
  )
}
