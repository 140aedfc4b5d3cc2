/**
 * The official letter rules of benchmarks, including their quirks, as pure functions from a reply to a letter, for comparable scores.
 * `judge/choice.ts` has our own, more robust rule.
 */
import { letterAt } from './choices.ts'
import { itemAt } from '../shared/known.ts'

/** Phrases that the MME rule removes. The official list lacks two commas, so four of its phrases became two that never occur. */
const mmePrefixes = [
  'The best answer is',
  'The correct answer is',
  'The answer is',
  'The answer',
  'The best option isThe correct option is',
  'Best answer:Best option:',
]

/** Whitespace in Python: unlike in JavaScript, it excludes the byte order mark and includes some separators. */
const blanks = String.raw`\t-\r\x1C- \x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000`
const outerBlanks = new RegExp(`^[${blanks}]+|(?<![${blanks}])[${blanks}]+$`, 'g')
const innerBlanks = new RegExp(`[${blanks}]+`)

/** As Python's `split()` does. */
export function pythonWords(text: string): string[] {
  return text.split(innerBlanks).filter((word) => word !== '')
}

/**
 * MME-RealWorld: the first capital A-E anywhere; if there is none, the first option that contains the whole reply, which is A for an empty
 * one. For example, the result for "Best answer: C" is B. Pass only the answer, without thoughts. Undefined if there is no letter.
 */
export function mmeLetter(answer: string, choices: readonly string[]): string | undefined {
  const rest = mmePrefixes.reduce((text, prefix) => text.replaceAll(prefix, ''), answer.replaceAll(outerBlanks, ''))
  const letter = /[A-E]/.exec(rest)?.[0]
  if (letter !== undefined) return letter
  if (pythonWords(rest).length > 10) return undefined
  const held = rest.toLowerCase()
  const at = choices.findIndex((choice, index) => `(${letterAt(index)}) ${choice}`.toLowerCase().includes(held))
  return at < 0 ? undefined : letterAt(at)
}

/**
 * TreeBench in VLMEvalKit: the first A-E of the answer in upper case, anywhere; if there is none, the first letter whose `(A)` contains the
 * whole answer, which is A for an empty one. So "The answer is C" gives E, and an F is never read. Undefined if there is no letter.
 */
export function treeBenchLetter(answer: string): string | undefined {
  const text = answer.replaceAll(outerBlanks, '').toUpperCase()
  const letter = /[A-E]/.exec(text)?.[0]
  if (letter !== undefined || pythonWords(text).length > 10) return letter
  return [...'ABCDE'].find((own) => `(${own})`.includes(text))
}

const failure = 'Failed to obtain answer via API'
const refusals = [
  "Sorry, I can't help with images of people yet.",
  "I can't process this file.",
  "I'm sorry, but without the image provided",
  'Cannot determine the answer',
]

/** Case-insensitive, nothing has to follow the letter, and the first match decides: "the answer is a bird" gives A. */
const answerIs = new RegExp(`answer[${blanks}]+is[${blanks}]+\\**([ABCD])`, 'iu')

/**
 * VLMEvalKit's rule for HR-Bench and V*: the only option letter that occurs as a separate word, among the last four; otherwise the letter of
 * "answer is B"; otherwise the only option whose text the reply contains, if the reply is at most twice as long as all options.
 * Undefined where VLMEvalKit would ask a judge. Refusals give `Z`, which is always wrong.
 */
export function canInferLetter(answer: string, choices: readonly string[]): string | undefined {
  return inferredLetter(answer, choices) ?? inferredText(answer, choices)
}

function inferredLetter(answer: string, choices: readonly string[]): string | undefined {
  if (answer.includes(failure)) return undefined
  if (refusals.some((refusal) => answer.includes(refusal))) return 'Z'
  const letters = choices.map((_, index) => letterAt(index))
  const words = pythonWords(answer.replaceAll(/[.()[\],:;!*#{}]/g, ' '))
  const named = letters.filter((letter) => words.includes(letter))
  if (named.length === 1 && words.indexOf(itemAt(named, 0)) > words.length - 5) return named[0]
  if (named.length === 0 && words.includes('Z')) return 'Z'
  const stated = answerIs.exec(answer)?.[1]?.toUpperCase()
  return stated !== undefined && letters.includes(stated) ? stated : undefined
}

function inferredText(answer: string, choices: readonly string[]): string | undefined {
  const given = answer.toLowerCase()
  const length = choices.reduce((sum, choice) => sum + codePoints(choice), 0)
  if (codePoints(given) > 2 * length) return undefined
  const quoted = choices.flatMap((choice, index) => (given.includes(choice.toLowerCase()) ? [letterAt(index)] : []))
  return quoted.length === 1 ? quoted[0] : undefined
}

/** Length in code points, as in Python. */
function codePoints(text: string): number {
  return Array.from(text).length
}
