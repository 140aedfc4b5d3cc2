/** The choice judge: determines which choice an answer names, by letter or by text. */
import { letterAt } from '../benchmark/choices.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { itemAt } from '../shared/known.ts'
import { compoundsOf } from './compounds.ts'
import { judgeExact } from './exact.ts'
import { normalised, wordsToCompare } from './judge.ts'
import { compatible, endsOf, withoutMarks, withoutSpecialTokens } from './plain-reply.ts'
import { holds, holdsOnlyWithin, joinedWords, longestQuoting, numbersAlike } from './quoting.ts'

/** Extracts a letter from an answer; undefined if there is none, or more than one. */
export type ReadLetter = (answer: string, choices: readonly string[]) => string | undefined

/** A problem without choices is judged by its words: some benchmarks have problems of both kinds. */
export function judgeChoice(problem: Problem, answer: string | null): Verdict {
  return (problem.choices ?? []).length === 0
    ? judgeExact(problem, answer)
    : judgeByLetter(problem, answer, chosenLetter)
}

/** `problem.answer` is a letter or the text of a choice. An answer that names no choice or several choices is wrong. */
export function judgeByLetter(problem: Problem, answer: string | null, read: ReadLetter): Verdict {
  const { choices = [] } = problem
  if (choices.length === 0) return { kind: 'unjudged', reason: 'no choices' }
  const words = wordsToCompare(problem, answer)
  if ('kind' in words) return words
  const wanted = chosenLetter(words.reference, choices)
  if (wanted === undefined) return { kind: 'unjudged', reason: 'the reference answer names no choice' }
  const chosen = read(words.answer, choices)
  if (chosen === undefined) return { kind: 'wrong', reason: 'no choice could be read' }
  return { kind: chosen === wanted ? 'correct' : 'wrong', reason: `chose ${chosen}` }
}

/**
 * The letter that a text chooses; undefined if there is none, or more than one. Tried in this order: the text of a choice, also with numbers
 * or hyphens written differently; the last `\boxed{}`; a leading letter, as in `(B)` or `B.`; the last statement such as "answer is B" or
 * "选B"; "B is correct"; "B, because ..."; a single letter among the last words; the only choice whose text the answer quotes; the only choice
 * that contains the whole answer.
 */
export function chosenLetter(answer: string, choices: readonly string[]): string | undefined {
  const letters = choices.map((_, index) => letterAt(index))
  const texts = choices.map((choice) => normalised(choice.replace(/^\s*(?:\([A-Z]\)|[A-Z][.:)])\s*/, '')))
  const given = normalised(withoutSpecialTokens(answer))
  const same = texts.map(inDigits).indexOf(inDigits(given))
  if (same >= 0) return letters[same]
  const [plainGiven, plainTexts] = [numbersAlike(given), texts.map(numbersAlike)]
  const alike = letters.filter((_, index) => joinedWords(itemAt(plainTexts, index)) === joinedWords(plainGiven))
  if (alike.length === 1) return alike[0]

  const text = lettersApart(endsOf(answer))
  const boxed = text.lastIndexOf('\\boxed')
  const inBox = boxed < 0 ? undefined : statedLetter(withoutMarks(text.slice(boxed).replace(/\}[^]*/, '')), letters)
  if (inBox !== undefined) return inBox
  return statedLetter(withoutMarks(text), letters) ?? quotedChoice(plainGiven, plainTexts, letters)
}

const numbers = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
]

/** "two" as "2"; other text unchanged. */
function inDigits(text: string): string {
  const at = numbers.indexOf(text)
  return at < 0 ? text : String(at)
}

const cjk = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]`
const seam = new RegExp(String.raw`(?<=${cjk})(?=[A-Za-z(])|(?<=[A-Za-z)])(?=${cjk})`, 'gu')

/** Normalises letters and separates them from Chinese, Japanese or Korean text by spaces; removes elements and negated letters. */
function lettersApart(text: string): string {
  return compatible(text)
    .replaceAll(seam, ' ')
    .replaceAll(/<\/?[a-z][^<>]{0,40}>/g, ' ')
    .replaceAll(/(?:\b(?:[Nn]ot|nor)\s{1,3}(?:[Oo]ption\s)?|(?:不|非)(?:选择|选|選|是)? ?)\(?[A-Z]\)?(?![\w'])/g, ' ')
}

/** "A or B" and "A, B" name two letters. */
const another = String.raw`\)? ?(?:(?:or|and|或|和|[、/&]) ?\(?[A-Z](?![A-Za-z'])|, ?\(?[A-Z]\)?(?:[,.]|$))`
const capital = String.raw`\(? ?([A-Z])(?![A-Za-z'])(?!${another})`
/** A lower-case letter only counts at the end: "the answer is a bird" names no letter. */
const small = String.raw`\(? ?([a-z])(?=[).,;]|\s?$)`
const leads = [
  String.raw`\b(?:[Aa]nswer|ANSWER|[Oo]ption|OPTION|[Cc]hoice|CHOICE|[Aa]ns|ANS)(?: is| would be| should be| must be| ?[:=])`,
  String.raw`\b[Ii]t(?: is|'s)`,
  String.raw`\b(?:[Cc]hoose|[Cc]hose|[Ss]elect(?:ed)?|[Pp]ick|[Gg]o with)`,
  String.raw`(?:答案|選項|选项|答え|正解|정답) ?(?:应该是|应为|应是|是|就是|为|為|は|은|:)`,
  String.raw`(?<![不没未非别勿] ?)(?:选择|選擇|应选|选|選)`,
].join('|')
const nouns = '[Oo]ption |[Cc]hoice |[Ll]etter |选项 |選項 |选 |選 '
const said = new RegExp(String.raw`(?:${leads}):?[ \n]?(?:${nouns})?(?:${capital}|${small})`, 'gu')
const confirmed =
  /\(?(?<![A-Za-z])([A-Z])\)? (?:is (?:the )?(?:correct|right|best)\b|(?:选项|選項)?是?(?:正确|正確|对))/gu

/** Matches the article in "A green sign", but not "A because it is red". */
const article = /(?<![\p{L}\p{N}(])A (?=[a-z])(?!(?:is|was|as|and|or|if|for|with|since|because)\b)/gu

/** Matches "B, because A is too small", but not "B, C" or "B, or A". */
const beforeComma = /^([A-HJ-Z]) ?,(?! ?(?:(?:or|and)\b|[或和]|\(?[A-Z](?![A-Za-z'])))/

/** A bare letter must be among this many last words. */
const lastWords = 4

function statedLetter(text: string, letters: readonly string[]): string | undefined {
  const isLetter = (letter: string | undefined): letter is string => letter !== undefined && letters.includes(letter)
  const leading = /^(?:\(([A-Za-z])\)|([A-Za-z])(?:[.:)]|、(?! ?\(?[A-Z](?![A-Za-z']))|\n|$)|([A-Z]) [-–—] )/.exec(text)
  const led = (leading?.[1] ?? leading?.[2] ?? leading?.[3])?.toUpperCase()
  if (isLetter(led)) return led
  const stated = [...text.matchAll(said)].map((match) => (match[1] ?? match[2])?.toUpperCase()).findLast(isLetter)
  if (stated !== undefined) return stated
  const ending = /\b(?:[Oo]ption|[Cc]hoice|[Ll]etter|[Aa]nswer|choose|pick) \(?([a-z])\)?[.!]?$/
    .exec(text)?.[1]
    ?.toUpperCase()
  if (isLetter(ending)) return ending
  const right = new Set([...text.matchAll(confirmed)].map((match) => match[1]).filter(isLetter))
  if (right.size === 1) return [...right][0]
  const reasoned = beforeComma.exec(text)?.[1]
  if (isLetter(reasoned)) return reasoned

  const words = text
    .replaceAll(/[.()[\],:;!?，。；：、！？/]/g, ' ')
    .trim()
    .split(/\s+/)
  const named = new Set(words.filter(isLetter))
  if (named.size !== 1) return undefined
  const last = words.slice(-lastWords).find(isLetter)
  return last === 'A' && !/(?<![\p{L}\p{N}])A(?![\p{L}\p{N}])/u.test(text.replaceAll(article, ' ')) ? undefined : last
}

/** A longer answer (also longer than twice all choices) discusses the choices rather than quoting one. */
const shortAnswer = 40

function quotedChoice(given: string, texts: readonly string[], letters: readonly string[]): string | undefined {
  const allLength = texts.reduce((sum, text) => sum + text.length, 0)
  if (given.length > Math.min(Math.max(2 * allLength, shortAnswer), longestQuoting)) return undefined
  const written = compoundsOf(texts)
  const [answer, choices] = [written(given), texts.map(written)]
  const quoted = letters.flatMap((letter, index) => {
    const choice = itemAt(choices, index)
    return holds(answer, choice) ? [{ letter, choice }] : []
  })
  if (quoted.length > 0) {
    // "bus stop" also holds "bus".
    const isWhole = (one: (typeof quoted)[number]): boolean =>
      quoted.every((other) => other === one || holdsOnlyWithin(answer, other.choice, one.choice))
    return quoted.find(isWhole)?.letter
  }
  const bare = given.replace(/^(?:an?|the) /, '').replace(/[!。]$/, '')
  const holding = letters.filter((_, index) => holds(itemAt(texts, index), bare))
  return holding.length === 1 ? holding[0] : undefined
}
