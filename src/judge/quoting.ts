/** Finds the text of a choice in an answer as whole numbers and words. Pure. */

/** Longer texts are not searched. */
export const longestQuoting = 4000

/**
 * Writes equal numbers alike: `1,000` as 1000, `.5` as 0.5, `2.50` as 2.5, `minus 3` as -3. Expects lower case. Lists such as `1,2` stay, and
 * so does `1.000`, which is a thousand in some languages.
 */
export function numbersAlike(text: string): string {
  return text
    .replaceAll(/[‐‑–−]/g, '-')
    .replaceAll(/\b(?:minus|negative) (?=\d)/g, '-')
    .replaceAll(/(?<![\w.])\.(?=\d)/g, '0.')
    .replaceAll(/(?<![\w.,])[1-9]\d{0,2}(?:,\d{3})+(?!\d|,\d)/g, (number) => number.replaceAll(',', ''))
    .replaceAll(/(?<![\w.:/])(\d+)(?:\.0{1,2}|(\.[1-9])0)(?!\d|[.:/]\d)/g, '$1$2')
}

/** Writes `north-east` and `north east` as `northeast`; "a cross" does not become "across". */
export function joinedWords(text: string): string {
  return spaced(text).replaceAll(/(?<=[a-z])(?<!\ba) (?=[a-z])/g, '')
}

/** Whether `text` contains `part` as whole words without a preceding "not". Inside words a hyphen is the same as a space or nothing. */
export function holds(text: string, part: string): boolean {
  if (part === '' || text.length > longestQuoting) return false
  return finds(text, spaced(text), spaced(part)) || finds(unhyphened(text), unhyphened(text), unhyphened(part))
}

/** Whether `text` contains `part` nowhere but in `whole`, of which it is a part. */
export function holdsOnlyWithin(text: string, part: string, whole: string): boolean {
  return part !== whole && holds(whole, part) && !holds(spaced(text).replaceAll(spaced(whole), ' / '), part)
}

/** A space for each hyphen inside a word, so that positions stay. */
function spaced(text: string): string {
  return text.replaceAll(/(?<=[a-z])-(?=[a-z0-9])|(?<=\d)-(?=[a-z])/g, ' ')
}

function unhyphened(text: string): string {
  return text.replaceAll(/(?<=[a-z])-(?=[a-z])/g, '')
}

/** Searches in `searched`; what surrounds a find is read in `text`, which has the same positions. */
function finds(text: string, searched: string, part: string): boolean {
  for (let at = searched.indexOf(part); at >= 0; at = searched.indexOf(part, at + 1)) {
    const end = at + part.length
    const before = text.slice(Math.max(at - 10, 0), at)
    const inside =
      goesOnBefore(before, text.slice(at, end)) || goesOnAfter(text.slice(at, end), text.slice(end, end + 10))
    if (!inside && !/\bnot (?:an? |the )?$/.test(before)) return true
  }
  return false
}

/** Whether the first word or number of `part` begins in `before`. The end of a range (`3-4`) is a number of its own. */
function goesOnBefore(before: string, part: string): boolean {
  if (/^[a-z]/.test(part)) return /[a-z0-9]-?$/.test(before)
  if (/^[$€£¥]?\d/.test(part) && /(?<![a-z0-9)\]%])-[$€£¥]?$/.test(before)) return true
  if (/^\d/.test(part)) return /[a-z0-9]$|[a-z]-$|\d[.:/]$/.test(before)
  return /^-[$€£¥]?\d/.test(part) && /[a-z0-9)\]%]$/.test(before)
}

/** Whether the last word or number of `part` ends in `after`. "left-hand" still says left, and "3-storey" 3. */
function goesOnAfter(part: string, after: string): boolean {
  if (/[a-z]$/.test(part))
    return /^-?[a-z0-9]/.test(after) && !/^-(?:hand(?:ed)?|sided?|facing|colou?red|shaped)(?![a-z])/.test(after)
  return /\d$/.test(part) && /^[a-z0-9]|^[.:/]\d/.test(after)
}
