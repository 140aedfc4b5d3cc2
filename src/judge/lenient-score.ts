/**
 * Parses 0 or 1 from a judge's reply in any unambiguous form: Markdown, JSON, LaTeX boxes, tags, full-width characters, "1/1" or "correct".
 * A mere mention of a score ("1 would need red", "0 or 1") or a contradiction is not a score. Pure.
 */
import { jsonIn } from './custom-score.ts'
import { compatible, endsOf, withoutMarks } from './plain-reply.ts'
import { digitForm, scoreOfValue, scoreOfWord, wordForm } from './score-value.ts'
import type { Score } from './score-value.ts'
import { isRecord } from '../shared/fields.ts'
import { itemAt, lastOf } from '../shared/known.ts'

export function lenientScore(said: string): Score | undefined {
  const json = scoreInJson(jsonIn(said))
  if (json !== undefined) return json
  const text = labelledLines(endsOf(said))
  return scoreIn(text, clearLabels) ?? scoreIn(text, otherLabels) ?? bareScore(text)
}

/** JSON fields for the verdict (letters only), most specific first. */
const fields = [
  ['score', 'finalscore', 'rating', 'grade', 'judgement', 'judgment', 'verdict', '评分', '得分', '分数', '判断'],
  ['correct', 'iscorrect', 'correctness', 'result', 'decision', 'evaluation', '结果'],
]

/** The outermost verdict field. */
function scoreInJson(json: unknown): Score | undefined {
  for (let level = [json]; level.length > 0; level = level.flatMap(valuesOf)) {
    const entries = level.flatMap((one) => (isRecord(one) ? Object.entries(one) : []))
    for (const names of fields) {
      const found = entries.filter(([name]) => names.includes(lettersOf(name)))
      const scores = new Set(found.flatMap(([, value]) => scoreOfValue(value) ?? []))
      if (scores.size > 0) return scores.size === 1 ? [...scores][0] : undefined
    }
  }
  return undefined
}

function lettersOf(name: string): string {
  return name.slice(0, 40).toLowerCase().replaceAll(/\P{L}/gu, '')
}

function valuesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

/** Removes markup; elements and boxes become labelled lines. */
function labelledLines(text: string): string {
  return withoutMarks(
    compatible(text)
      .replaceAll(/<(\/?)([a-z_]{1,20})>/gi, (_, closing: string, name: string) =>
        closing ? '\n' : `\n${name === 'answer' ? 'result' : name}: `,
      )
      .replaceAll('\\boxed', '\nboxed: '),
  )
}

const clearLabels = labelled(
  String.raw`\b(?:score|rating|grade|judge?ment|verdict|bewertung|punteggio|puntuación|pontuação)\b|评分|得分|分数|判定|判断|評分|スコア|점수|оценка`,
)
/** Labels that judges also use for other things; they only count if there is nothing more specific. */
const otherLabels = labelled(
  String.raw`\b(?:boxed|result|final answer|decision|conclusion|evaluation|correctness|is_?correct|correct)\b|(?<=^|\n)answer\b|结果|结论|最终答案`,
)

/** A label, optionally an explanation in brackets, a separator, and the value. */
function labelled(labels: string): RegExp {
  const sign = String.raw`(?: ?(?:is\b|was\b|(?:should|would|must) be\b|of\b|as\b|为|是|[:=→—–|]|-(?![\d.])))`
  return new RegExp(
    `(?:${labels})[\\])]?(?: ?\\([^()\\n]{0,80}\\))?${sign}{0,4}[ \\n]?[[(]{0,3} ?(?:${digitForm}|(${wordForm}))`,
    'giu',
  )
}

/** What may follow a value: the end, punctuation, a bracket, a reason, or a new sentence that is not a condition. */
const follows =
  /^[\])]{0,3} ?(?:$|\n|[.,:](?!\d)|[;!()[\]|，。；！、—–]|\p{So}|-\D|(?:because|since|as|due to|so)\b|(?!If\b|Or\b|When\b|Would\b)[A-Z])/u
/** What may precede a label at the start of a line. */
const leads =
  /^[^\p{L}\n]*(?:(?:so|therefore|thus|hence|my|the|final|overall|i|give|a|it|最终|最后|因此|所以|综上)[\s,，:]*)*$/iu

interface Statement {
  readonly score: Score
  readonly leading: boolean
}

/** The last statement at the start of a line; if there is none, the value that all statements agree on. */
function scoreIn(text: string, pattern: RegExp): Score | undefined {
  const statements = [...text.matchAll(pattern)].flatMap((match): Statement[] => {
    const { index } = match
    const score = scoreOfWord(match[1] ?? itemAt(match, 2))
    if (score === undefined || !follows.test(text.slice(index + match[0].length).slice(0, 40))) return []
    const before = text.slice(Math.max(index - 80, 0), index)
    const line = before.slice(before.lastIndexOf('\n') + 1)
    return [{ score, leading: line.length < 80 && leads.test(line) }]
  })
  const leading = statements.findLast((one) => one.leading)
  if (leading !== undefined) return leading.score
  const scores = new Set(statements.map(({ score }) => score))
  return scores.size === 1 ? [...scores][0] : undefined
}

const bareValue = new RegExp(`^[\\s([]*(?:${digitForm}|(${wordForm}))[\\s)\\].!。]*$`, 'iu')
const bareWithWord = new RegExp(`^([01]) ?[-–—(:] ?(${wordForm})`, 'iu')
const bareVerdict = new RegExp(`^(${wordForm})[.!,:;，。！]`, 'iu')

/** A value without a label: alone on the last or first line, or a verdict at the start of the reply. */
function bareScore(text: string): Score | undefined {
  const lines = text.split('\n')
  const scores = new Set(
    [lastOf(lines), itemAt(lines, 0)].flatMap((line) => {
      const match = line.length <= 40 ? bareValue.exec(line) : null
      return (match && scoreOfWord(match[1] ?? itemAt(match, 2))) ?? []
    }),
  )
  if (scores.size > 0) return scores.size === 1 ? [...scores][0] : undefined
  const pair = bareWithWord.exec(text)
  if (pair !== null)
    return scoreOfWord(itemAt(pair, 1)) === scoreOfWord(itemAt(pair, 2)) ? scoreOfWord(itemAt(pair, 1)) : undefined
  const begins = bareVerdict.exec(text)?.[1]?.toLowerCase()
  return begins === undefined || begins === 'no' || begins === 'yes' ? undefined : scoreOfWord(begins)
}
