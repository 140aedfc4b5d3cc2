/** Recognises the tags around thinking in the text of a reply. All functions are linear and never throw. Pure. */

const pairs = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<reasoning>', '</reasoning>'],
  ['<seed:think>', '</seed:think>'],
  ['[THINK]', '[/THINK]'],
  ['◁think▷', '◁/think▷'],
  ['<|channel|>analysis<|message|>', '<|channel|>final<|message|>'],
] as const

export interface SplitText {
  readonly said: string
  readonly thought: string
}

/** The text before and after the last closed thinking; undefined if there is none. */
export function splitAtThinking(text: string): SplitText | undefined {
  let at = -1
  let end = 0
  for (const [, close] of pairs) {
    const found = text.lastIndexOf(close)
    if (found <= at) continue
    at = found
    end = found + close.length
  }
  return at < 0 ? undefined : { said: text.slice(end), thought: text.slice(0, at) }
}

/** Position of the first opening tag, or undefined. */
export function thinkingOpens(text: string): number | undefined {
  const opens = pairs.map(([open]) => text.indexOf(open)).filter((at) => at >= 0)
  return opens.length === 0 ? undefined : Math.min(...opens)
}

/** The text after an opening tag that is never closed; undefined if there is none. */
export function openThinking(text: string): string | undefined {
  const opened = pairs.flatMap(([open, close]) => {
    const at = text.lastIndexOf(open)
    return at < 0 || text.includes(close, at + open.length) ? [] : [at + open.length]
  })
  return opened.length === 0 ? undefined : text.slice(Math.min(...opened))
}

/** A stretch of a text: from `start` up to `end`. */
export interface TextSpan {
  readonly start: number
  readonly end: number
}

/** The first closed thinking, whose opening tag the chat template may have written; undefined if there is none. */
export function firstThinking(text: string): string | undefined {
  const block = firstThinkingSpan(text)
  return block && text.slice(block.start, block.end)
}

/** Where it stands, and where the mark ends that closes it. */
export function firstThinkingSpan(text: string): ThinkingSpan | undefined {
  let unopened: ThinkingSpan | undefined
  let first: ThinkingSpan | undefined
  for (const [open, close] of pairs) {
    const opens = text.indexOf(open)
    const start = opens < 0 ? 0 : opens + open.length
    const end = text.indexOf(close, start)
    if (end < 0) continue
    const span = { start, end, closed: end + close.length }
    if (opens < 0) unopened = earlier(unopened, span)
    else first = earlier(first, span)
  }
  return first ?? unopened
}

type ThinkingSpan = TextSpan & { readonly closed: number }

function earlier(known: ThinkingSpan | undefined, other: ThinkingSpan): ThinkingSpan {
  return known === undefined || other.end < known.end ? other : known
}
