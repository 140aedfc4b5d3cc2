/** What a judge's reply says: right, wrong, or nothing that can be read, by one of several readers. Pure. */
import { splitAtThinking, thinkingOpens } from '../protocol/thinking-marks.ts'
import type { SplitText } from '../protocol/thinking-marks.ts'
import { UserError } from '../shared/errors.ts'
import { itemAt } from '../shared/known.ts'
import { jsonScore, patternScore } from './custom-score.ts'
import { lenientScore } from './lenient-score.ts'
import type { Score } from './score-value.ts'
import { keysOf, isOneOf } from '../shared/fields.ts'

export interface ScoreParser {
  /** As it is asked for: one of `scoreParsers`, `json:<path>` or `/<expression>/`. */
  readonly name: string
  /** undefined: no score can be read. */
  read(said: string): Score | undefined
}

const readers = { lenient: lenientScore, official: officialScore, strict: strictScore } as const

/** `lenient`: any form that says 0 or 1; `official`: as the released scorer (reference 6.2); `strict`: exactly 0 or 1. */
export const scoreParsers = keysOf(readers)

/** Throws `UserError` for a name that is none. */
export function scoreParser(name: string): ScoreParser {
  if (isOneOf(scoreParsers, name)) return { name, read: readers[name] }
  const path = /^json:(.+)$/s.exec(name)?.[1]
  if (path !== undefined) return { name, read: jsonScore(path.split('.')) }
  const expression = /^\/(.+)\/([imsu]*)$/s.exec(name)
  if (expression !== null) return { name, read: patternScore(itemAt(expression, 1), itemAt(expression, 2)) }
  throw new UserError(
    'judge-parser-unknown',
    `--judge-parser ${name} is none of ${scoreParsers.join(', ')}, json:<path> such as json:score, or a regular ` +
      'expression such as "/verdict: (right|wrong)/i".',
  )
}

/** A reply as the endpoint gave it. */
export interface JudgeReply {
  readonly text: string
  readonly finish: 'stop' | 'length'
}

/**
 * The score of a reply; undefined: there is none, so the judge has to be asked again. What a model thought is no score. Of a
 * reply that was cut off only a first line that is whole counts.
 */
export function scoreOf({ text, finish }: JudgeReply, parser: ScoreParser): Score | undefined {
  const { said, thought } = behindThinking(text)
  if (finish === 'length') {
    const end = said.indexOf('\n')
    return end < 0 ? undefined : parser.read(said.slice(0, end))
  }
  // Some servers take all of a reply for thinking.
  return said === '' ? strictScore(thought.slice(thought.lastIndexOf('\n') + 1)) : parser.read(said)
}

/** The score of a whole reply, by the parser of that name. Throws `UserError` for a name that is none. */
export function parseScore(text: string, parser: string): Score | undefined {
  return scoreOf({ text, finish: 'stop' }, scoreParser(parser))
}

/** Thinking that is not closed was cut off: there is no reply behind it. */
function behindThinking(text: string): SplitText {
  const { said: rest, thought } = splitAtThinking(text) ?? { said: text, thought: '' }
  return { said: rest.slice(0, thinkingOpens(rest)).trim(), thought: thought.trim() }
}

/** What follows the last `score:`. Never by its place in a lower-cased copy: some letters are longer in lower case. */
function behindLastMark(said: string): string | undefined {
  const mark = [...said.matchAll(/score:/gi)].at(-1)
  return mark && said.slice(mark.index + mark[0].length).trim()
}

/** The first word behind the last mark, if it holds a 1 or a 0: "10" and "0.1" are right. */
function officialScore(said: string): Score | undefined {
  const [line = ''] = behindLastMark(said)?.split('\n', 1) ?? []
  const [token = ''] = line.trim().split(' ', 1)
  if (token.includes('1')) return 'correct'
  return token.includes('0') ? 'wrong' : undefined
}

function strictScore(said: string): Score | undefined {
  const [line = ''] = behindLastMark(said)?.split('\n', 1) ?? []
  const digit = /^([01])\.?$/.exec(line.trim())?.[1]
  return digit === undefined ? undefined : digit === '1' ? 'correct' : 'wrong'
}
