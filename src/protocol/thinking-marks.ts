/** Recognises the marks around thinking in the text of a reply, in any case. All functions are linear and never throw. Pure. */

const names = [
  'think',
  'thinking',
  'thought',
  'thoughts',
  'reason',
  'reasoning',
  'analysis',
  'reflection',
  'scratchpad',
  'seed:think',
]

/** An opening mark is null where only the closing one can be told from text. */
const pairs: readonly (readonly [open: string | null, close: string])[] = [
  ...names.map((name) => [`<${name}>`, `</${name}>`] as const),
  ['[think]', '[/think]'],
  ['◁think▷', '◁/think▷'],
  ['<|start_thinking|>', '<|end_thinking|>'],
  ['<|channel>thought', '<channel|>'],
  ['<|channel|>analysis<|message|>', '<|channel|>final<|message|>'],
  // The same from a server that drops special tokens.
  [null, 'assistantfinal'],
  ['here are my reasoning steps:', '[begin final response]'],
]

/** For finding marks in any case; places are those of the text, which other letters may lose when they are lowered. */
function lowered(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function indexOf(text: string, open: string | null): number {
  return open === null ? -1 : text.indexOf(open)
}

export interface SplitText {
  readonly said: string
  readonly thought: string
}

/** The text before and after the last closed thinking; undefined if there is none. */
export function splitAtThinking(text: string): SplitText | undefined {
  const lower = lowered(text)
  let at = -1
  let end = 0
  for (const [, close] of pairs) {
    const found = lower.lastIndexOf(close)
    if (found <= at) continue
    at = found
    end = found + close.length
  }
  return at < 0 ? undefined : { said: text.slice(end), thought: text.slice(0, at) }
}

/** Blocks of thinking that are looked for in one reply. */
const mostBlocks = 16

/** The text without closed thinking; undefined if there is none. */
export function outsideThinking(text: string): string | undefined {
  return saidPieces(text)?.join('')
}

/** The pieces of text around closed thinking, for a model that thinks again behind its answer; undefined if there is none. */
export function saidPieces(text: string): readonly string[] | undefined {
  const blocks = closedThinking(text)
  if (blocks.length === 0) return undefined
  const ends = [0, ...blocks.map(({ closed }) => closed)]
  let pieces: string[] = []
  for (const [at, from] of ends.entries()) {
    const before = text.slice(from, blocks[at]?.opens)
    const split = splitAtThinking(before)
    // A closing mark that nothing opened ends the thinking that the chat template opened.
    pieces = split === undefined ? [...pieces, before] : [split.said]
  }
  return pieces
}

/** Where the closed thinking stands, from its opening to its closing mark. */
export function closedThinking(text: string): readonly ThinkingBlock[] {
  const lower = lowered(text)
  const blocks: ThinkingBlock[] = []
  let from = 0
  while (blocks.length < mostBlocks) {
    const block = firstBlock(lower.slice(from))
    if (block === undefined) break
    const { opens, start, end, closed } = block
    blocks.push({ opens: from + opens, start: from + start, end: from + end, closed: from + closed })
    from += closed
  }
  return blocks
}

/** Position of the first opening mark, or undefined. */
export function thinkingOpens(text: string): number | undefined {
  const lower = lowered(text)
  const opens = pairs.map(([open]) => indexOf(lower, open)).filter((at) => at >= 0)
  return opens.length === 0 ? undefined : Math.min(...opens)
}

/** The text after an opening mark that is never closed; undefined if there is none. */
export function openThinking(text: string): string | undefined {
  const lower = lowered(text)
  const opened = pairs.flatMap(([open, close]) => {
    const at = open === null ? -1 : lower.lastIndexOf(open)
    if (open === null || at < 0 || lower.includes(close, at + open.length)) return []
    return [at + open.length]
  })
  return opened.length === 0 ? undefined : text.slice(Math.min(...opened))
}

/** A stretch of a text: from `start` up to `end`. */
export interface TextSpan {
  readonly start: number
  readonly end: number
}

/** The first closed thinking, whose opening mark the chat template may have written; undefined if there is none. */
export function firstThinking(text: string): string | undefined {
  const block = firstThinkingSpan(text)
  return block && text.slice(block.start, block.end)
}

/** Where it stands, and where the mark ends that closes it. */
export function firstThinkingSpan(text: string): ThinkingSpan | undefined {
  const block = firstBlock(lowered(text))
  return block && { start: block.start, end: block.end, closed: block.closed }
}

type ThinkingSpan = TextSpan & { readonly closed: number }

/** `opens`: where its opening mark starts. */
export type ThinkingBlock = ThinkingSpan & { readonly opens: number }

function firstBlock(lower: string): ThinkingBlock | undefined {
  let unopened: ThinkingBlock | undefined
  let first: ThinkingBlock | undefined
  for (const [open, close] of pairs) {
    const opens = indexOf(lower, open)
    const start = open === null || opens < 0 ? 0 : opens + open.length
    const end = lower.indexOf(close, start)
    if (end < 0) continue
    const block = { opens: Math.max(opens, 0), start, end, closed: end + close.length }
    if (opens < 0) unopened = earlier(unopened, block)
    else first = earlier(first, block)
  }
  return first ?? unopened
}

function earlier(known: ThinkingBlock | undefined, other: ThinkingBlock): ThinkingBlock {
  return known === undefined || other.end < known.end ? other : known
}
