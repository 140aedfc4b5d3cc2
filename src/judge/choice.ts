/** The choice judge: which of a problem's choices does the answer name, by letter or by its text (reference 4.3, 6.2)? */
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { normalised, withoutComparing } from './judge.ts'

/** Reads a letter off an answer; undefined: none, or more than one. */
export type ReadLetter = (answer: string, choices: readonly string[]) => string | undefined

/** `problem.answer` is a letter or the text of a choice. An answer that names no choice, or several, is wrong. */
export function judgeChoice(problem: Problem, answer: string | null, read: ReadLetter = chosenLetter): Verdict {
  const { choices = [] } = problem
  if (choices.length === 0) return { kind: 'unjudged', reason: 'no choices' }
  const decided = withoutComparing(problem, answer)
  if (decided !== undefined) return decided
  const wanted = chosenLetter(problem.answer!, choices)
  if (wanted === undefined) return { kind: 'unjudged', reason: 'the reference answer names no choice' }
  const chosen = read(answer!, choices)
  if (chosen === undefined) return { kind: 'wrong', reason: 'no choice could be read' }
  return { kind: chosen === wanted ? 'correct' : 'wrong', reason: `chose ${chosen}` }
}

/** A bare letter must stand among so many last words, so that the article "A" is not taken for one. */
const lastWords = 4

/**
 * The letter that a text chooses; undefined: none, or more than one. In this order: the text of a choice; a letter in
 * front, as in `(B)` or `B.`; "answer is B"; a single letter among the last words; the text of just one choice, in an
 * answer at most twice as long as all of them.
 */
export function chosenLetter(answer: string, choices: readonly string[]): string | undefined {
  const letters = choices.map((_, index) => String.fromCharCode(65 + index))
  const texts = choices.map((choice) => normalised(choice.replace(/^\s*(?:\([A-Z]\)|[A-Z][.:)])\s*/, '')))
  const given = normalised(answer)
  const same = texts.indexOf(given)
  if (same >= 0) return letters[same]

  const isLetter = (letter: string | undefined): letter is string => letter !== undefined && letters.includes(letter)
  const leading = /^\s*(?:\(([A-Za-z])\)|([A-Za-z])(?:[.:)]|\s*$))/.exec(answer)
  const led = (leading?.[1] ?? leading?.[2])?.toUpperCase()
  if (isLetter(led)) return led
  // A small letter only where nothing follows it: "the answer is a bird" names no letter.
  const said = /(?:[Aa]nswer|ANSWER)(?: is|:)\s*[*(]*(?:([A-Z])(?![A-Za-z'])|([a-z])(?=[).,;*]|\s*$))/.exec(answer)
  const stated = (said?.[1] ?? said?.[2])?.toUpperCase()
  if (isLetter(stated)) return stated

  const words = answer
    .replaceAll(/[.()[\],:;!*#{}]/g, ' ')
    .trim()
    .split(/\s+/)
  const named = new Set(words.filter(isLetter))
  const last = words.slice(-lastWords).find(isLetter)
  if (named.size === 1 && last !== undefined) return last

  const allLength = texts.reduce((sum, text) => sum + text.length, 0)
  if (given.length > 2 * allLength) return undefined
  const quoted = letters.filter((_, index) => texts[index] !== '' && given.includes(texts[index]!))
  return quoted.length === 1 ? quoted[0] : undefined
}
