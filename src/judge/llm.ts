/** The LLM judge: a model behind an endpoint compares the answer with the reference, by text only. */
import type { Endpoint } from '../endpoint/endpoint.ts'
import { addSpent, nothingSpent } from '../protocol/price.ts'
import { ContextLengthError, TransportError } from '../shared/errors.ts'
import { SlowPatternError } from './custom-score.ts'
import type { Judged, JudgeCache } from './judge-cache.ts'
import { defaultJudgePrompts, judgeMessages, judgePromptsHash } from './judge-prompts.ts'
import type { Compared, JudgePrompts } from './judge-prompts.ts'
import { toCompare } from './judge.ts'
import type { Judge } from './judge.ts'
import { scoreOf } from './parse-score.ts'
import type { ScoreParser } from './parse-score.ts'

export interface LlmJudgeOptions {
  readonly endpoint: Endpoint
  readonly model: string
  readonly parser: ScoreParser
  readonly cache: JudgeCache
  /** Default: our own. */
  readonly prompts?: JudgePrompts
  /** Initial token limit of a reply; doubled up to twice if the reply is truncated. */
  readonly maxTokens?: number | undefined
}

const tries = 5
/** Enough for a model that thinks before it replies. */
export const defaultMaxTokens = 4096
const mostOfReply = 80

/**
 * Never silently wrong: if the server is unreachable or the reply cannot be parsed, the answer stays `unjudged` with the cause. Errors that
 * a retry cannot fix (`UserError`: key, model) are thrown.
 */
export function llmJudge(options: LlmJudgeOptions): Judge {
  const { endpoint, model, parser, cache, prompts = defaultJudgePrompts } = options
  const firstTokens = options.maxTokens ?? defaultMaxTokens
  const promptsSha256 = judgePromptsHash(prompts)

  async function ask(compared: Compared, signal?: AbortSignal): Promise<Judged> {
    const messages = judgeMessages(prompts, compared)
    let tokens = nothingSpent
    let maxTokens = firstTokens
    for (let attempt = 0; ; attempt++) {
      // The first attempt is greedy; later ones need a temperature to give a different reply.
      const temperature = Math.min(attempt / 5, 1)
      const reply = await endpoint.complete({ model, messages, maxTokens, temperature, seed: attempt }, { signal })
      const { promptTokens = 0, replyTokens = 0, cachedTokens = 0 } = reply.usage ?? {}
      tokens = addSpent(tokens, { sent: promptTokens, cached: cachedTokens, written: replyTokens })
      const kind = scoreOf(reply, parser)
      if (kind !== undefined) return { verdict: { kind, reason: `${model}: ${brief(reply.text)}` }, tokens }
      const isCut = reply.finish === 'length'
      if (attempt + 1 === tries || (isCut && maxTokens === 4 * firstTokens)) {
        const reason = noScore({ replies: attempt + 1, cutAt: isCut ? replyTokens || maxTokens : undefined })
        return {
          verdict: {
            kind: 'unjudged',
            reason: `${reason}${JSON.stringify(brief(reply.text || (reply.thinking ?? '')))}`,
          },
          tokens,
        }
      }
      if (isCut) maxTokens = Math.min(2 * maxTokens, 4 * firstTokens)
    }
  }

  function noScore({ replies, cutAt }: { readonly replies: number; readonly cutAt: number | undefined }): string {
    const none = `${model} gave no score in ${replies} ${replies === 1 ? 'reply' : 'replies'}`
    if (cutAt === undefined) return `${none} that --judge-parser ${parser.name} can parse; the last one: `
    return `${none}: the last was cut off at ${cutAt} tokens. Raise --judge-max-tokens, or turn off its thinking. It ended: `
  }

  return async (problem, answer, signal) => {
    const compared = toCompare(problem, answer)
    if ('kind' in compared) return compared
    const asked = { model, promptsSha256, parser: parser.name, ...compared }
    try {
      return await cache.verdictOf(asked, () => ask(compared, signal))
    } catch (error) {
      if (error instanceof SlowPatternError) return { kind: 'unjudged', reason: `${model}: ${error.message}` }
      if (!(error instanceof TransportError || error instanceof ContextLengthError)) throw error
      return { kind: 'unjudged', reason: `the request to ${model} failed: ${error.message}` }
    }
  }
}

/** The end of a reply, where the score usually is. */
function brief(text: string): string {
  const line = text
    .slice(-20 * mostOfReply)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toWellFormed()
  return line.length > mostOfReply ? `... ${line.slice(-mostOfReply)}` : line
}
