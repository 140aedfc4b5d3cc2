/**
 * Readers of text from outside look at a number of characters that grows with the text and not with its square: hostile text costs little.
 * What the built-in functions look at is counted, so that the result does not depend on the machine; what regular expressions backtrack
 * over is bounded by `regexes.test.mjs`.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { textReaders } from './text-readers.mjs'

const characters = 16_000
const times = 8
/** Of a text that is 8 times as long: a linear reader looks at 8 times as much, one that rises with the square at 64 times. */
const mostGrowth = 24
/** Characters below which growth does not matter. */
const least = 100_000

const atoms = [
  [
    '<',
    '>',
    '[',
    '{',
    '(',
    ')',
    '"',
    "'",
    '\\',
    ' ',
    '\n',
    '\r\n',
    '\t',
    ',',
    '.',
    '1',
    '-',
    '*',
    '_',
    '`',
    '#',
    '|',
    '=',
  ],
  ['A', 'A ', 'A. ', '(A)', 'x=', 'x = [', "'''", '"""', '1,', '0.', '[[', '{"a":', '$&', '。', '，', '选A'],
  ['<think>', '</think>', '<answer>', '</answer>', '<tool_call>', '</tool_call>', '<grounding>', '</grounding>'],
  [
    '<grounding>{"bbox_2d": ',
    '"source": ',
    '"source": "',
    '"}</grounding>',
    '\\boxed{',
    '\\text{',
    '<|',
    '<|a',
    '```json ',
  ],
  [
    'answer is ',
    'Answer:',
    'answer: *',
    'not A ',
    'Score:',
    'score: \n',
    'score (',
    'score is ',
    'Verdict: 1 ',
    'data: ',
    '</s>',
  ],
  ['\0', '\ud800', '\u200b', '\u001b[', '\u001b]', '\u009b', 'é', 'e\u0301', '\u0301\u0316', 'ﷺ', 'İ', '\ufeff'],
].flat()
/** Half of the text is the first, and half the second, so that what opens much meets what would close it. */
const pairs = [
  '<',
  '<think>',
  '<answer>',
  '(',
  '[',
  '"',
  '\u001b[',
  '\\boxed{',
  '<tool_call>',
  'answer is ',
  'score ',
  'x=',
].flatMap((first) => ['x', '>', '</answer>', ']', '"', ' ', '}', '\u0301'].map((second) => [first, second]))

const filled = (atom, length) => atom.repeat(Math.ceil(length / atom.length)).slice(0, length)
/** @typedef {[string, (length: number) => string]} Grown */
const texts = [
  ...atoms.map((atom) => /** @type {Grown} */ ([atom, (length) => filled(atom, length)])),
  ...pairs.map(
    ([first, second]) =>
      /** @type {Grown} */ ([`${first}…${second}`, (length) => filled(first, length / 2) + filled(second, length / 2)]),
  ),
]

/** Characters that the built-in functions have looked at. */
let looked = 0
const restores = []

/** Counts the calls of a built-in function; `cost` of the object, the arguments, the result, and its `lastIndex` before. */
function count(holder, name, cost) {
  const original = holder[name]
  restores.push(() => void (holder[name] = original))
  holder[name] = function counted(...given) {
    const { lastIndex } = this
    const result = original.apply(this, given)
    looked += cost(this, given, result, lastIndex)
    return result
  }
}

const found = ({ length }, [, from = 0], at) => Math.max(0, (at < 0 ? length : at + 1) - from)
const trimmed = ({ length }, _, result) => length - result.length + 1
const whole = ({ length }) => length

/** The other functions with regular expressions call `exec`, too. */
function matched({ global, sticky }, [text], match, from) {
  const start = global || sticky ? from : 0
  if (match !== null) return match.index + match[0].length - start
  return sticky ? 1 : String(text).length - start
}

beforeAll(() => {
  count(String.prototype, 'indexOf', found)
  for (const name of ['trim', 'trimStart', 'trimEnd']) count(String.prototype, name, trimmed)
  for (const name of ['includes', 'lastIndexOf', 'toLowerCase', 'toUpperCase', 'normalize', 'split', 'replace'])
    count(String.prototype, name, whole)
  count(String.prototype, 'replaceAll', whole)
  count(Array.prototype, 'join', (_, __, result) => result.length)
  count(JSON, 'parse', (_, [text]) => String(text).length)
  count(RegExp.prototype, 'exec', matched)
})

afterAll(() => {
  for (const restore of restores) restore()
})

function growing(read) {
  const cost = (text) => {
    looked = 0
    read(text)
    return looked
  }
  const grows = ([, make]) => {
    const long = cost(make(characters))
    return long > least && long > mostGrowth * cost(make(characters / times))
  }
  return texts.filter(grows).map(([name]) => name)
}

it.each([
  ['looks for each word from the start', (text) => [...text.matchAll(/\w+/g)].map(([word]) => text.lastIndexOf(word))],
  [
    'reads the rest again behind each bracket',
    (text) => text.replaceAll(/[[(]/g, (_, at) => text.slice(at).trim().toLowerCase()),
  ],
])('notices a reader that %s', (_, read) => {
  expect(growing(read)).not.toEqual([])
})

it.each(Object.entries(textReaders))('%s', (_, read) => {
  expect(growing(read)).toEqual([])
})
