/**
 * The letter rules of the officials, quirks included, as pure functions from a reply to a letter. `judge/choice.ts` has the
 * rule that we believe is best; these give the officials' scores.
 */
import { letterAt } from './choices.ts'

/** What the MME rule cuts out. The official list lacks two commas, so that four of its pieces are two that never occur. */
const mmePrefixes = [
  'The best answer is',
  'The correct answer is',
  'The answer is',
  'The answer',
  'The best option isThe correct option is',
  'Best answer:Best option:',
]

/**
 * MME-RealWorld: the first capital A-E anywhere; without one, the option that holds the whole reply (reference 4.5). The
 * first letter of "Best answer: C" is B. Give it the answer alone, never the thoughts before it. undefined: no letter.
 */
export function mmeLetter(answer: string, choices: readonly string[]): string | undefined {
  const rest = mmePrefixes.reduce((text, prefix) => text.replaceAll(prefix, ''), answer.trim())
  const letter = /[A-E]/.exec(rest)?.[0]
  if (letter !== undefined) return letter
  const words = rest.split(/\s+/).filter((word) => word !== '')
  if (words.length === 0 || words.length > 10) return undefined
  const at = choices.findIndex((choice, index) =>
    `(${letterAt(index)}) ${choice}`.toLowerCase().includes(rest.toLowerCase()),
  )
  return at < 0 ? undefined : letterAt(at)
}

const refusals = [
  "Sorry, I can't help with images of people yet.",
  "I can't process this file.",
  "I'm sorry, but without the image provided",
  'Cannot determine the answer',
]

/**
 * VLMEvalKit's rule for HR-Bench and V* (reference 4.3): the one option letter that stands as a word of its own, among the
 * last four; else the one option whose text the reply holds, if it is at most twice as long as all options. undefined: it
 * would ask a judge. Refusals give `Z`, which is always wrong.
 */
export function canInferLetter(answer: string, choices: readonly string[]): string | undefined {
  if (refusals.some((refusal) => answer.includes(refusal))) return 'Z'
  const letters = choices.map((_, index) => letterAt(index))
  const words = answer
    .replaceAll(/[.()[\],:;!*#{}]/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
  const named = letters.filter((letter) => words.includes(letter))
  if (named.length === 1 && words.indexOf(named[0]!) > words.length - 5) return named[0]
  if (named.length === 0 && words.includes('Z')) return 'Z'
  const length = choices.reduce((sum, choice) => sum + choice.length, 0)
  if (answer.length > 2 * length) return undefined
  const quoted = letters.filter((_, index) => answer.toLowerCase().includes(choices[index]!.toLowerCase()))
  return quoted.length === 1 ? quoted[0] : undefined
}
