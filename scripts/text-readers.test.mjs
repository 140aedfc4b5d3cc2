/** Readers of text from outside take time that grows with the text and not with its square: hostile text costs little. */
import { expect, it } from 'vitest'
import { textReaders } from './text-readers.mjs'

const characters = 32_000
const times = 8
/** Milliseconds below which growth is no matter, and cannot be told from noise. */
const least = 25
/** Of a text that is 8 times as long: a linear reader takes 8 times as long, one that rises with the square 64 times. */
const mostGrowth = 24

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

/** Milliseconds of this process, the least of some runs: a busy machine only adds. */
function cost(read, text, runs) {
  const taken = []
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage()
    read(text)
    const { user, system } = process.cpuUsage(before)
    taken.push((user + system) / 1000)
  }
  return Math.min(...taken)
}

it.each(Object.entries(textReaders))('%s', (_, read) => {
  /** @type {(text: Grown, runs: number) => boolean} */
  const grows = ([, make], runs) => {
    const long = make(characters)
    if (cost(read, long, 1) < least || cost(read, long, runs) < least) return false
    return cost(read, long, runs) > mostGrowth * Math.max(cost(read, make(characters / times), 2 * runs), 0.2)
  }
  // Whatever only looked like it, since the machine was busy, does not do so four times in a row.
  const growing = texts.filter((text) => [3, 6, 12, 12].every((runs) => grows(text, runs)))
  expect(growing.map(([name]) => name)).toEqual([])
})
