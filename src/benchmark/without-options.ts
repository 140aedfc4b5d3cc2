/** The question of a multiple-choice problem without its options, for the control that withholds them. Pure. */
import type { Problem } from '../protocol/problem.ts'
import { letterAt, withoutLetter } from './choices.ts'

/** A line that only announces options, and a line that asks for a letter. */
const announces =
  /^[^.?!。？！\n]{0,60}(?:\b(?:options?|choices?|alternatives)\b|选项|選項)[^.?!。？！\n]{0,40}[:：.。]?$/i
const asksForLetter = /\b(?:letters?|options?|choices?)\b|选项|選項|字母/i
/** What a reply is to be continued from, such as `Best option:` or `Answer:`. */
const prompts = /^(?:answer|答案)\s*[:：]$/i

/**
 * The question without its options and what only belongs to them: the line that announces them, and the request for a letter. Undefined if
 * there are no options, or the question does not list them.
 */
export function withoutOptions({ question, choices = [] }: Problem): string | undefined {
  const listed = choices.length > 1 ? optionsIn(question, choices) : undefined
  if (listed === undefined) return undefined
  const before = question.slice(0, listed.from).trimEnd().split('\n')
  if (before.length > 1 && announces.test(before.at(-1)?.trim() ?? '')) before.pop()
  const after = question
    .slice(listed.to)
    .split('\n')
    .filter((line) => line.trim() !== '' && !asksForLetter.test(line) && !prompts.test(line.trim()))
  const asked = [...before, ...after].join('\n').trim()
  return asked === '' ? undefined : asked
}

/** Where the question lists its choices, each behind its letter. */
function optionsIn(question: string, choices: readonly string[]) {
  const lines = choices.map((choice, index) => {
    const letter = letterAt(index)
    return String.raw`[(（\[]?${letter}[)）\].:、．：]{1,2}\s*${literally(withoutLetter(choice).trim())}`
  })
  const found = new RegExp(String.raw`(?<=^|\s)${lines.join(String.raw`\s+`)}(?=\s|$)`).exec(question)
  return found === null ? undefined : { from: found.index, to: found.index + found[0].length }
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
}
