/** Values that mean right or wrong. Pure. */

export type Score = 'correct' | 'wrong'

/** `1` and `0` with fractions and denominators: `1.0`, `0/1`, `1 out of 1`. At most one space, which avoids backtracking. */
const zero = String.raw`(?:\.0{1,6})?`
export const digitForm = String.raw`([01])${zero}(?: ?(?:\/|(?:out )?of) ?1${zero})?(?: ?(?:points?\b|分))?`

const words: Readonly<Record<string, Score>> = {
  one: 'correct',
  true: 'correct',
  yes: 'correct',
  correct: 'correct',
  right: 'correct',
  pass: 'correct',
  正确: 'correct',
  正確: 'correct',
  对: 'correct',
  zero: 'wrong',
  false: 'wrong',
  no: 'wrong',
  incorrect: 'wrong',
  'not correct': 'wrong',
  wrong: 'wrong',
  fail: 'wrong',
  错误: 'wrong',
  錯誤: 'wrong',
  不正确: 'wrong',
  不正確: 'wrong',
  错: 'wrong',
}

/** Ordered so that no alternative is a prefix of a later one. */
export const wordForm = Object.keys(words)
  .toSorted((a, b) => b.length - a.length)
  .map((word) => (/[a-z]$/.test(word) ? `${word}\\b` : word))
  .join('|')

export function scoreOfWord(word: string): Score | undefined {
  const key = word.toLowerCase()
  if (key === '1') return 'correct'
  if (key === '0') return 'wrong'
  return Object.hasOwn(words, key) ? words[key] : undefined
}

const wholeDigit = new RegExp(`^${digitForm}$`)

/** The score of a JSON value or matched text. */
export function scoreOfValue(value: unknown): Score | undefined {
  if (typeof value === 'boolean' || typeof value === 'number') return scoreOfWord(String(Number(value)))
  if (typeof value !== 'string' || value.length > 40) return undefined
  const text = value.trim().replace(/[.!。]$/, '')
  return scoreOfWord(wholeDigit.exec(text)?.[1] ?? text)
}
