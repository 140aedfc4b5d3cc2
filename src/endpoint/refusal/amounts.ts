/** Extracts amounts from a refusal: the server's limits on pictures or tokens, and what it received. Pure. */

const numberWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const spelled = new RegExp(
  `\\b(${numberWords.slice(1).join('|')}|single)\\b(?= (?:\\w+ )?(?:image|picture|photo))`,
  'g',
)

/** Lower-cases the text and normalises numbers to digits without separators. */
export function plainNumbers(text: string): string {
  return (
    text
      .toLowerCase()
      // A status prefix such as `<400>` (DashScope) is not a comparison.
      .replaceAll(/<\d{3}>/g, ' ')
      // "image tokens" counts tokens, not pictures.
      .replaceAll(/\b(?:image|vision|visual) tokens\b/g, 'tokens')
      .replaceAll(/(?<=\d)[,_](?=\d{3}\b)/g, '')
      .replaceAll(/(\d)\.0+\b/g, '$1')
      .replaceAll(/\b(\d{1,4})k(?= tokens)/g, '$1000')
      .replaceAll(spelled, (word) => (word === 'single' ? '1' : String(numberWords.indexOf(word))))
  )
}

export function sentencesOf(text: string): string[] {
  return text.split(/[.!?] |[\n。]/)
}

const bounded =
  // `max_tokens (512)` is what was asked for.
  '(?:max(?:imum|imal)?(?!_(?:completion_|new_|output_)?tokens\\W{0,4}\\d)|limit(?:ed)?|at most|up to|no more than|not more than|(?:greater|more|larger|longer) than|(?:less|fewer|smaller) than' +
  '(?: or equal to)?|cannot exceed|exceed(?:s|ed|ing)?|only|allow(?:s|ed)?|supports?|accepts?|takes?|below|under|<=?|≤|>=?|最多|不超过|超过|上限)'
/** Not the number in a name such as `claude-3`. */
const limits = new RegExp(`${bounded}[^\\d.]{0,48}?(?<![a-z]-?)(\\d{1,9})(?!\\d|\\.\\d)`, 'g')
/** `[1, 30720]`, `between 1 and 10`, `from 1 (inclusive) to 8193 (exclusive)`. */
const ranges =
  /(?:\[ ?\d{1,9} ?, ?|between \d{1,9} and |from \d{1,9} (?:\(inclusive\) )?to )(\d{1,9})( \(exclusive\))?/g
/** Units of numbers that count neither pictures nor tokens. */
const otherUnit =
  /^ ?(?:px\b|pixels?|bytes?|char(?:acter)?s\b|[kmg]i?b\b|seconds?|minutes?|hours?|%|x ?\d|megapixels?|requests?)/

/** Words before a number that is an excess, what was sent or a count of characters: "exceeded by 123", "too large: 8192". */
const otherAmount =
  /(?<!(?:limited|capped|bounded) )\bby (?:about |over |more than |at least )?\d+$|too (?:large|long|big|high|many)\W{0,4}\d+$|\bchar(?:acter)?s\b/
/** What follows the excessive side of a comparison: `188000 + 21333 > 200000`, `40000/32768`. */
const excessiveSide = /^(?: tokens?)? ?(?:\+|>=?|\/) ?\d/

/** The smallest number given as a limit; the excessive amount is always larger. */
export function limitIn(text: string): number | undefined {
  const found: number[] = []
  for (const range of text.matchAll(ranges)) found.push(Number(range[1]) - (range[2] === undefined ? 0 : 1))
  if (found.length === 0) {
    for (const limit of text.matchAll(limits)) {
      const behind = text.slice(limit.index + limit[0].length, limit.index + limit[0].length + 16)
      if (otherUnit.test(behind) || excessiveSide.test(behind) || otherAmount.test(limit[0])) continue
      found.push(Number(limit[1]))
    }
  }
  return found.length === 0 ? undefined : Math.min(...found)
}

/** Words that mark a number as a bound or an estimate. */
const inexact =
  /\b(?:at least|at most|about|approximately|approx|roughly|around|estimated|upper bound|lower bound|more than|over|or more|minimum of)\b|[~≥≈]/
const contextLimits = [
  /context (?:length|window|size|limit)(?:\D{0,24})?\b(\d{2,9})/,
  /total context (\d{2,9})/,
  /max_(?:model_len|total_tokens|seq_len|num_tokens)\D{0,24}(\d{2,9})/,
  /must be <= (\d{2,9})/,
]
const prompts = [
  /(\d{1,9}) (?:in|of|from|for) (?:the |your )?(?:messages|prompt|input|text input)/,
  /(\d{1,9}) (?:input|prompt) tokens/,
  /(\d{1,9}) `?inputs`? tokens/,
  /(\d{1,9}) tokens (?:in|from|of) (?:the |your )?(?:input|messages|prompt)/,
]

/** Tokens left for a reply: context minus prompt, if both are stated and exact. */
export function roomIn(text: string): number | undefined {
  if (inexact.test(text)) return undefined
  const limit = firstNumber(text, contextLimits)
  const prompt = firstNumber(text, prompts)
  return limit === undefined || prompt === undefined ? undefined : limit - prompt
}

function firstNumber(text: string, patterns: readonly RegExp[]): number | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1]
    if (found !== undefined) return Number(found)
  }
  return undefined
}
