/** What filters match, how they are written, and how mistakes in them are told. */
import { describe, expect, test } from 'vitest'
import { random } from '../../shared/random.ts'
import type { Random } from '../../shared/random.ts'
import { clauseValue, filterText, withClause } from './clauses.ts'
import { completions } from './complete.ts'
import type { SearchFacts } from './facts.ts'
import { fields } from './fields.ts'
import type { FilterContext } from './fields.ts'
import { readFilter } from './filter.ts'
import { matcher, thoughtWords } from './matcher.ts'
import { parseFilter } from './parse.ts'
import type { FilterNode } from './parse.ts'
import { parseSearch } from './typed-search.ts'

const facts = (change: Partial<SearchFacts> = {}): SearchFacts => ({
  index: 0,
  problem: 'visual_probe_hard/shapes_hard_12',
  sampleIndex: 1,
  policy: 'chat:Qwen/Qwen2.5-VL-7B',
  profile: 'default',
  level: 'hard',
  question: 'Which digit is on the red heart?',
  truth: '7',
  answer: '7',
  end: 'answered',
  verdict: 'correct',
  turns: 8,
  boxes: 6,
  depth: 3,
  backtracks: 2,
  repeats: 0,
  sources: 2,
  smallest: 40,
  looked: 0.5,
  patterns: ['depth-first', 'trial-and-error'],
  tokens: 12_000,
  ms: 95_000,
  ...change,
})
const context: FilterContext = {
  run: 'night/eval',
  benchmark: 'visual-probe',
  inThoughts: ({ index }, words) => index === 0 && 'i look at the sign'.includes(words),
}
const matches = (text: string, change?: Partial<SearchFacts>): boolean =>
  matcher(readFilter(text).node, context)(facts(change))

describe('a search matches', () => {
  test.each([
    ['', true],
    ['correct', true],
    ['not correct', false],
    ['NOT Correct or LEVEL:hard', true],
    ['correct and turns > 6 and pattern:backtrack', true],
    ['level:hard and not correct and looked = 0', false],
    ['end:over-turn or (level:hard and not starred)', true],
    ['not not correct', true],
    // `and` binds more tightly than `or`, `not` more tightly than both.
    ['correct or wrong and failed', true],
    ['(correct or wrong) and failed', false],
    ['not wrong and correct', true],
    ['turns=8', true],
    ['turns:8', true],
    ['turns != 8', false],
    ['turns <= 8 and turns >= 8 and not turns < 8 and not turns > 8', true],
    ['turns:3..8', true],
    ['turns != 9..12', true],
    ['looked = 50%', true],
    ['looked < 51%', true],
    ['tokens > 11.9k and tokens < 1M', true],
    ['time > 1.5min and time < 100 and time >= 95000ms', true],
    ['sample = 2', true],
    ['step = none and step != 3 and not step = 3', true],
    ['step < 3', false],
    ['level != none', true],
    ['answer = 7 and answer:7', true],
    ['question:"RED heart"', true],
    ['question = heart', false],
    ['problem:shapes_hard_12', true],
    ['policy:chat:Qwen/Qwen2.5', true],
    ["policy = 'chat:qwen/qwen2.5-vl-7b'", true],
    ['run:night and benchmark = visual-probe', true],
    ['pattern:depth-first and pattern != scanning', true],
    ['tag:check', false],
    ['tag = none', true],
    ['"red heart"', true],
    ['"hard_12"', true],
    ['"the sign"', true],
    ['thought:"THE sign"', true],
    ['thought:nowhere', false],
    ['"no such words"', false],
    ['cause = none', true],
  ])('%s: %s', (text, expected) => expect(matches(text)).toBe(expected))

  test('by what was noted by hand, and what training adds', () => {
    const note = { starred: true, tags: ['Check', 'two words'], comment: 'Blurred "7".', at: '2026-01-01T00:00:00Z' }
    const noted = { asJudged: 'wrong', note } as const
    for (const text of [
      'starred',
      'corrected',
      'tag:check',
      'tag:"two words"',
      'comment:"blurred \\"7\\""',
      '"blurred"',
    ])
      expect([text, matches(text), matches(text, noted)]).toEqual([text, false, true])
    const masked = { step: 3, advantage: 0, end: 'over-turn' } as const
    expect(matches('masked and step = 3 and advantage = 0', masked)).toBe(true)
    expect(matches('masked', { ...masked, end: 'answered' })).toBe(false)
  })
})

test.each([
  ['corect', 1, 6, 'There is no field corect. Nearest: correct'],
  ['turns > 6 and tuns > 3', 15, 4, 'Nearest: turns'],
  ['turns', 6, 1, 'Expected = != < <= > >= : after turns, such as turns > 6.'],
  ['turns > many', 9, 4, 'turns is a number'],
  ['turns > 3..8', 9, 4, 'A range can only be compared with : or !='],
  ['turns:8..3', 7, 4, 'The range ends before it begins'],
  ['turns:1..2..3', 7, 7, 'turns is a number'],
  ['turns > 6s', 9, 2, 'turns is a number'],
  ['time > 6h30', 8, 4, 'units: s, ms, min, h'],
  ['turns > none', 9, 4, 'none can only be compared with = or !='],
  ['level:hrd', 7, 3, 'Nearest: hard'],
  ['level > easy', 7, 1, 'level is compared with : = !=, such as level:easy.'],
  ['correct = yes', 9, 1, 'write correct, or not correct'],
  ['correct wrong', 9, 5, 'Expected and, or, or the end of the filter.'],
  ['(correct', 9, 1, 'Expected ) for the ( at 1'],
  ['correct)', 8, 1, 'There is no ( for this ).'],
  ['and correct', 1, 3, 'Expected a field'],
  ['correct and', 12, 1, 'Expected a field'],
  ['not', 4, 1, 'Expected a field'],
  ['question:', 10, 1, 'Expected a value after question :'],
  ['"red', 1, 4, 'The closing " is missing.'],
  ['""', 1, 2, 'Expected a word between the quotes.'],
  ['“red heart”', 1, 1, 'straight quotes'],
  ['correct && wrong', 9, 1, 'joined by and, or, not'],
  ['constructor', 1, 11, 'There is no field constructor'],
  ['pattern:__proto__', 9, 9, 'pattern is never __proto__'],
])('a mistake is told with its place: %s', (text, place, length, message) => {
  const parsed = parseFilter(text)
  if (!('problem' in parsed)) throw new Error('it was read')
  expect(parsed.problem).toEqual({ at: place - 1, length, message: expect.stringContaining(message) })
})

test('length and nesting are bounded', () => {
  const problem = (text: string): unknown => parseFilter(text)
  const deep = { length: expect.any(Number), message: expect.stringContaining('nested at most 50 deep') }
  expect(problem(`${'('.repeat(60)}correct`)).toEqual({ problem: { at: 50, ...deep } })
  expect(problem(`${'not '.repeat(60)}correct`)).toEqual({ problem: { at: 200, ...deep } })
  const long = { at: 4_000, length: 800, message: expect.stringContaining('at most 4,000 characters') }
  expect(problem('correct and '.repeat(400))).toEqual({ problem: long })
})

test('on the command line the place is marked below the filter', () => {
  expect(() => readFilter('correct and\n turns > many')).toThrow(
    'The filter cannot be read.\n  correct and  turns > many\n                       ^^^^\nturns is a number, such as turns > 6',
  )
})

/** Any filter, from a seed, with the answer that it has to give, worked out without the matcher. */
function anyFilter(rng: Random, depth: number): { readonly text: string; readonly holds: boolean } {
  if (depth > 0 && rng.chance(0.6)) {
    const [one, other] = [anyFilter(rng, depth - 1), anyFilter(rng, depth - 1)]
    return rng.pick([
      { text: `(${one.text}) and (${other.text})`, holds: one.holds && other.holds },
      { text: `(${one.text}) or (${other.text})`, holds: one.holds || other.holds },
      { text: `not (${one.text})`, holds: !one.holds },
    ])
  }
  const turns = rng.int(17)
  return rng.pick([
    { text: `turns > ${turns}`, holds: turns < 8 },
    { text: `turns:${turns}..${turns + 3}`, holds: turns <= 8 && turns >= 5 },
    { text: 'starred', holds: false },
    { text: '"red \\"heart"', holds: false },
    { text: 'answer = "7"', holds: true },
    { text: 'step != 4', holds: true },
    { text: 'level:hard', holds: true },
  ])
}

test('any filter means the same after it is written again', () => {
  const rng = random('filters')
  for (let number = 0; number < 2_000; number++) {
    const { text, holds } = anyFilter(rng, 5)
    const { node } = readFilter(text)
    const written = filterText(node)
    expect([text, matcher(node, context)(facts())]).toEqual([text, holds])
    expect([written, matcher(readFilter(written).node, context)(facts())]).toEqual([written, holds])
    expect(filterText(readFilter(written).node)).toBe(written)
  }
})

test('selects, bars and words change their own clause and leave the others', () => {
  const change = (text: string, name: string, value: string | undefined): string =>
    filterText(withClause(readFilter(text).node, name, value))
  expect(change('', 'level', 'hard')).toBe('level:hard')
  expect(change('correct', 'turns', '3..8')).toBe('correct and turns:3..8')
  expect(change('correct and turns:3..8 and starred', 'turns', '5')).toBe('correct and turns:5 and starred')
  expect(change('level:hard and level:easy', 'level', undefined)).toBe('')
  expect(change('correct or wrong', 'words', 'red "heart"')).toBe(String.raw`(correct or wrong) and "red \"heart\""`)
  expect(change('turns > 3 and not level:hard', 'level', 'easy')).toBe('turns > 3 and not level:hard and level:easy')
  expect(clauseValue(readFilter('correct and turns = 4').node, 'turns')).toMatchObject({ from: 4, to: 4 })
  expect(clauseValue(readFilter('correct or turns = 4').node, 'turns')).toBeUndefined()
  expect(clauseValue(readFilter('turns > 4').node, 'turns')).toBeUndefined()
  expect(clauseValue(readFilter('"a" and level:hard').node, 'words')).toEqual({ kind: 'text', text: 'a' })
})

test('the words that are looked for in thoughts are named once, in lower case', () => {
  expect(thoughtWords(readFilter('"Red" and not (thought:red or thought:"Blue one")').node)).toEqual([
    'red',
    'blue one',
  ])
  expect(thoughtWords(readFilter('question:red').node)).toEqual([])
})

describe('completion offers', () => {
  const offered = (text: string, caret = text.length): string[] =>
    completions(text, caret, (name) => (name === 'tag' ? ['two words', 'plain'] : [])).map((one) => one.text)
  test('fields where a condition begins, joining words behind one, and the words of a field', () => {
    expect(offered('')).toEqual([...fields.map(({ name }) => name), 'not'])
    expect(offered('correct and tu')).toEqual(['turns'])
    expect(offered('correct ')).toEqual(['and', 'or'])
    expect(offered('turns > 6 o')).toEqual(['or'])
    expect(offered('level:')).toEqual(['easy', 'medium', 'hard'])
    expect(offered('pattern:ba')).toEqual(['backtrack'])
    expect(offered('tag:')).toEqual(['"two words"', 'plain'])
    expect(offered('level:ha and correct', 8)).toEqual(['hard'])
    expect(completions('not cor', 7, () => [])).toEqual(
      expect.arrayContaining([expect.objectContaining({ text: 'correct', from: 4 })]),
    )
  })
  test('nothing where nothing can follow, or within quotes', () => {
    for (const text of ['"red', 'turns > ', 'turns', 'nothing:', 'correct &'])
      expect([text, offered(text)]).toEqual([text, expect.not.arrayContaining(['correct'])])
  })
})

test('the clauses of every field can be written as the table of fields shows them', () => {
  const node = (text: string): FilterNode | undefined => readFilter(text).node
  for (const field of fields) {
    if (field.kind === 'flag') expect(node(field.name)).toMatchObject({ kind: 'flag' })
    else
      expect(
        node(
          `${field.name}:${field.kind === 'number' ? '3' : 'none'}`.replace(
            /:none$/,
            field.kind === 'thoughts' ? ':x' : ':none',
          ),
        ),
      ).toMatchObject({ kind: 'comparison' })
  }
})

describe('what is typed into the search in all runs', () => {
  const problemOf = (text: string): string | undefined => {
    const parsed = parseSearch(text)
    return 'problem' in parsed ? parsed.problem.message : undefined
  }
  test.each([
    'how many birds',
    'Which digit is on the red heart?',
    'salt & pepper, 50 %',
    "what's on the boys' hats and bags",
    'the wrong way',
    'not here',
    'time and place',
  ])('%s is words', (words) => {
    expect(parseSearch(` ${words} `)).toEqual({ node: { kind: 'words', words } })
  })
  test.each([
    ['foo >', /^There is no field foo/],
    ['level:', /^Expected a value after level :/],
    ['turns < many', /^turns is a number/],
    ['correct and', /^Expected a field/],
    ['correct and trns', /^There is no field trns/],
    ['wrong or', /^Expected a field/],
    ['correct & wrong', /joined by and, or, not/],
    ['!correct', /joined by and, or, not/],
    ['(correct', /^Expected \)/],
    ['"red heart', /^The closing " is missing/],
    ["'red heart", /^The closing ' is missing/],
    ['“red heart”', /straight quotes/],
    ['red '.repeat(1_001), /at most 4,000/],
  ])('%s was meant as a filter', (text, message) => {
    expect(problemOf(text)).toMatch(message)
  })
  test('a filter is a filter', () => {
    expect(parseSearch('wrong and question:heart')).toEqual(parseFilter('wrong and question:heart'))
    expect(parseSearch('')).toEqual({ node: undefined })
  })
})
