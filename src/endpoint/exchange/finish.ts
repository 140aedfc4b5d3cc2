/** Interprets `finish_reason` of all servers; a reply that the server withheld or aborted is an error. Pure. */
import { ContextLengthError, TransportError, withheldCode } from '../../shared/errors.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'

const withheld =
  /content.?filter|safety|recitation|prohibited|blocklist|spii|sensitive|guardrail|refusal|moderation|toxic|model_armor|blocked/i
const cut = /^(?:length|max_?(?:output_)?tokens?|model_length|token_limit|error_limit)$/i
const contextFull = /context_window_exceeded|context_length/i
const broken =
  /error|abort|network|malformed|unexpected_tool|insufficient|cancel|time_?out|interrupt|failed|too_many_tool|^(?:other|language)$/i

/** Throws for a withheld or aborted reply. `empty`: the reply has neither text, thinking nor calls. */
export function finishOf(choice: Fields, empty: boolean): 'stop' | 'length' {
  const reason = finishReason(choice.finish_reason)
  // Gateways translate the reason; for an empty reply the provider's own reason counts too.
  const reasons = empty ? [reason, finishReason(choice.native_finish_reason)] : [reason]
  const is = (words: RegExp): boolean => reasons.some((one) => words.test(one))
  if (is(withheld)) throw withheldError(`finish_reason "${reasons.find((one) => withheld.test(one))}"`)
  if (is(contextFull)) throw new ContextLengthError(`The conversation does not fit: the reply ended with "${reason}".`)
  if (is(cut)) return 'length'
  if (!is(broken)) return 'stop'
  const said = reasons.find((one) => broken.test(one))
  throw new TransportError('reply-broken', `The server broke off the reply (finish_reason "${said}").`)
}

/** SGLang sends an object with a type. */
export function finishReason(reason: unknown): string {
  const given = fieldsOf(reason)?.type ?? reason
  return typeof given === 'string' ? given.slice(0, 100) : ''
}

/** `why`: the server's own text. */
export function withheldError(why: string): TransportError {
  const fix = 'This is a filter of the server or its provider, not a reply of the model.'
  return new TransportError(withheldCode, `The server withheld the reply: ${why}. ${fix}`)
}

/** The content filters named in a reply without choices. */
export function metFilters(body: Fields): string | undefined {
  const blocked = fieldsOf(body.promptFeedback ?? body.prompt_feedback)
  const reason = blocked?.blockReason ?? blocked?.block_reason
  if (typeof reason === 'string') return reason.slice(0, 100)
  const results = Array.isArray(body.prompt_filter_results) ? body.prompt_filter_results : []
  const names = results.flatMap((result) =>
    Object.entries(fieldsOf(fieldsOf(result)?.content_filter_results) ?? {})
      .filter(([, met]) => fieldsOf(met)?.filtered === true)
      .map(([name]) => name),
  )
  return names.length === 0 ? undefined : `the prompt triggered its filter for ${names.join(', ')}`.slice(0, 200)
}
