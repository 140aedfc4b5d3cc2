/** Parses a judge's reply into right, wrong, or no score, by one of several parsers. Pure. */
import { splitAtThinking, thinkingOpens } from '../protocol/thinking-marks.ts'
import type { SplitText } from '../protocol/thinking-marks.ts'
import { UserError } from '../shared/errors.ts'
import { itemAt } from '../shared/known.ts'
import { jsonScore, patternScore } from './custom-score.ts'
import { lenientScore } from './lenient-score.ts'
import type { Score } from './score-value.ts'
import { keysOf, isOneOf } from '../shared/fields.ts'

export interface ScoreParser {
  /** One of `scoreParsers`, `json:<path>` or `/<expression>/`. */
  readonly name: string
  /** Undefined if there is no score. */
  read(said: string): Score | undefined
}

const readers = { lenient: lenientScore, official: officialScore, strict: strictScore, charxiv: charXivScore } as const

/**
 * `lenient`: any unambiguous form of 0 or 1; `official`: like the released scorer; `strict`: exactly 0 or 1; `charxiv`: the score in JSON that
 * CharXiv's prompts ask for.
 */
export const scoreParsers = keysOf(readers)

/** Throws `UserError` for an unknown name. */
export function scoreParser(name: string): ScoreParser {
  if (isOneOf(scoreParsers, name)) return { name, read: readers[name] }
  const path = /^json:(.+)$/s.exec(name)?.[1]
  if (path !== undefined) return { name, read: jsonScore(path.split('.')) }
  const expression = /^\/(.+)\/([imsu]*)$/s.exec(name)
  if (expression !== null) return { name, read: patternScore(itemAt(expression, 1), itemAt(expression, 2)) }
  throw new UserError(
    'judge-parser-unknown',
    `--judge-parser ${name} is not one of ${scoreParsers.join(', ')}, json:<path> such as json:score, or a regular ` +
      'expression such as "/verdict: (right|wrong)/i".',
  )
}

/** A reply of the endpoint. */
export interface JudgeReply {
  readonly text: string
  readonly finish: 'stop' | 'length'
}

/**
 * The score of a reply; undefined if there is none, so that the judge has to be asked again. Thinking is ignored. In a truncated reply only a
 * complete first line counts.
 */
export function scoreOf({ text, finish }: JudgeReply, parser: ScoreParser): Score | undefined {
  const { said, thought } = behindThinking(text)
  if (finish === 'length') {
    const end = said.indexOf('\n')
    return end < 0 ? undefined : parser.read(said.slice(0, end))
  }
  // Some servers classify the whole reply as thinking.
  return said === '' ? strictScore(thought.slice(thought.lastIndexOf('\n') + 1)) : parser.read(said)
}

/** The score of a complete reply by the named parser. Throws `UserError` for an unknown name. */
export function parseScore(text: string, parser: string): Score | undefined {
  return scoreOf({ text, finish: 'stop' }, scoreParser(parser))
}

/** Separates thinking from the reply; unclosed thinking was truncated and has no reply after it. */
function behindThinking(text: string): SplitText {
  const { said: rest, thought } = splitAtThinking(text) ?? { said: text, thought: '' }
  return { said: rest.slice(0, thinkingOpens(rest)).trim(), thought: thought.trim() }
}

/** The text after the last `score:`. Does not use positions in a lower-cased copy, since some letters are longer in lower case. */
function behindLastMark(said: string): string | undefined {
  const mark = [...said.matchAll(/score:/gi)].at(-1)
  return mark && said.slice(mark.index + mark[0].length).trim()
}

/** The first word after the last mark, if it contains a 1 or a 0; so "10" and "0.1" count as right. */
function officialScore(said: string): Score | undefined {
  const [line = ''] = behindLastMark(said)?.split('\n', 1) ?? []
  const [token = ''] = line.trim().split(' ', 1)
  if (token.includes('1')) return 'correct'
  return token.includes('0') ? 'wrong' : undefined
}

function charXivScore(said: string): Score | undefined {
  return jsonScore(['score'])(said) ?? jsonScore(['score_T1'])(said)
}

function strictScore(said: string): Score | undefined {
  const [line = ''] = behindLastMark(said)?.split('\n', 1) ?? []
  const digit = /^([01])\.?$/.exec(line.trim())?.[1]
  return digit === undefined ? undefined : digit === '1' ? 'correct' : 'wrong'
}
