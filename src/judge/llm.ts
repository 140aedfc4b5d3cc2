/** The LLM judge: a model behind an endpoint compares the answer with the reference, in text alone (reference 6.2). */
import type { Endpoint } from '../endpoint/endpoint.ts'
import { addSpent, nothingSpent } from '../endpoint/price.ts'
import { ContextLengthError, TransportError } from '../shared/errors.ts'
import type { Judged, JudgeCache } from './judge-cache.ts'
import { defaultJudgePrompts, judgeMessages, judgePromptsHash } from './judge-prompts.ts'
import type { Compared, JudgePrompts } from './judge-prompts.ts'
import { withoutComparing } from './judge.ts'
import type { Judge } from './judge.ts'
import { parseScore } from './parse-score.ts'
import type { ScoreParser } from './parse-score.ts'

export interface LlmJudgeOptions {
  readonly endpoint: Endpoint
  readonly model: string
  readonly parser: ScoreParser
  readonly cache: JudgeCache
  /** Default: this project's own. */
  readonly prompts?: JudgePrompts
}

const tries = 5
/** Room for a model that thinks before it replies. */
const maxTokens = 4096
const mostOfReply = 80

/**
 * A judge that is never silently wrong: where it cannot be reached, or says nothing that can be read, the answer is left
 * `unjudged`. What another try cannot mend (`UserError`: key, model) is thrown.
 */
export function llmJudge({ endpoint, model, parser, cache, prompts = defaultJudgePrompts }: LlmJudgeOptions): Judge {
  const promptsSha256 = judgePromptsHash(prompts)

  async function ask(compared: Compared): Promise<Judged> {
    const messages = judgeMessages(prompts, compared)
    let text = ''
    let tokens = nothingSpent
    for (let attempt = 0; attempt < tries; attempt++) {
      // The first try is greedy; the others have to be able to come out differently.
      const temperature = Math.min(attempt / 5, 1)
      const reply = await endpoint.complete({ model, messages, maxTokens, temperature, seed: attempt })
      text = reply.text
      const { promptTokens = 0, replyTokens = 0, cachedTokens = 0 } = reply.usage ?? {}
      tokens = addSpent(tokens, { sent: promptTokens, cached: cachedTokens, written: replyTokens })
      const kind = parseScore(text, parser)
      if (kind !== undefined) return { verdict: { kind, reason: `${model}: ${brief(text)}` }, tokens }
    }
    const reason = `${model} gave no score in ${tries} replies, at last: ${brief(text)}`
    return { verdict: { kind: 'unjudged', reason }, tokens }
  }

  return async (problem, answer) => {
    const decided = withoutComparing(problem, answer)
    if (decided !== undefined) return decided
    const compared = { question: problem.question, reference: problem.answer!, answer: answer! }
    try {
      return await cache.verdictOf({ model, promptsSha256, parser, ...compared }, () => ask(compared))
    } catch (error) {
      if (!(error instanceof TransportError || error instanceof ContextLengthError)) throw error
      return { kind: 'unjudged', reason: `${model} could not be asked: ${error.message}` }
    }
  }
}

/** The end of a reply, where the score stands. */
function brief(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > mostOfReply ? `... ${line.slice(-mostOfReply)}` : line
}
