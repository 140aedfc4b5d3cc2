import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finalAnswer, parseTurn } from './parse-turn.ts'
import { profiles } from './profile.ts'
import type { Profile } from './profile.ts'
import type { Turn } from './trajectory.ts'

const strict = profiles.official
const lenient = profiles.default
const call = (bbox: string, source = '"original_image"'): string =>
  `<grounding>{"bbox_2d": ${bbox}, "source": ${source}}</grounding>`
const good = call('[0.1, 0.2, 0.3, 0.4]')
const grounding = { kind: 'grounding', boxRel: [0.1, 0.2, 0.3, 0.4], source: 'original_image' }

describe('strict parsing', () => {
  it('reads thought and call', () => {
    expect(parseTurn(`<think>It is\nsmall.</think>${good}`, strict)).toEqual({
      thought: 'It is\nsmall.',
      action: grounding,
    })
    expect(parseTurn(`Let me look. ${good} and so on`, strict)).toEqual({ thought: 'Let me look.', action: grounding })
    expect(parseTurn(good, strict)).toEqual({ action: grounding })
  })

  it.each([
    ['[0,1,1e-1,.5]', [0, 1, 0.1, 0.5]],
    ['[ 0.1 , 0.2,\n0.3, 0.4 ]', [0.1, 0.2, 0.3, 0.4]],
    ['[-0.05, +0.5, 5., 100]', [-0.05, 0.5, 5, 100]],
    ['[0.1, 0.2, 0.3, 0.4,]', [0.1, 0.2, 0.3, 0.4]],
  ])('takes the list %s', (bbox, boxRel) => {
    expect(parseTurn(call(bbox), strict)).toMatchObject({ action: { boxRel } })
  })

  // Each text is what CPython 3.11 says.
  const comma = 'invalid syntax. Perhaps you forgot a comma? (<string>, line 1)'
  const zeros = 'leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers'
  const infinite = 'cannot convert float infinity to integer'
  it.each([
    ['(0.1, 0.2, 0.3, 0.4)', ''],
    ['0.1, 0.2, 0.3, 0.4', ''],
    ['[0.1, 0.2, 0.3]', ''],
    ['[0.1, 0.2, 0.3, 0.4, 0.5]', ''],
    ['[[0.1, 0.2, 0.3, 0.4]]', ''],
    ['[]', ''],
    ['["0", "0", "1", "1"]', ''],
    ['', 'invalid syntax (<string>, line 0)'],
    ['[NaN, 0, 1, 1]', "name 'NaN' is not defined"],
    ['[0, 0, Infinity, 1]', "name 'Infinity' is not defined"],
    ['[null, 0, 1, 1]', "name 'null' is not defined"],
    ['[None, 0, 1, 1]', "unsupported operand type(s) for *: 'NoneType' and 'int'"],
    ['[[0.1], 0, 1, 1]', "int() argument must be a string, a bytes-like object or a real number, not 'list'"],
    ['[(0.1,), 0, 1, 1]', "int() argument must be a string, a bytes-like object or a real number, not 'tuple'"],
    ['[0, 0, 1e999, 1]', infinite],
    ['[0.1 0.2 0.3 0.4]', comma],
    ['[0.1, 0.2, 0.3 0.4]', comma],
    ['[0.1.2, 0.2, 0.3, 0.4]', comma],
    ['[0.1,, 0.2, 0.3, 0.4]', 'invalid syntax (<string>, line 1)'],
    ['[0.1, 0.2, 0.3, 0.4', "'[' was never closed (<string>, line 1)"],
    ['[0.1 0.2', "'[' was never closed (<string>, line 1)"],
    ['[0.1, 0.2, 0.3, 0.4]]', "unmatched ']' (<string>, line 1)"],
    ['[0.1, 0.2, 0.3, 0.4)', "closing parenthesis ')' does not match opening parenthesis '[' (<string>, line 1)"],
    ['[0.1, "0.2, 0.3, 0.4]', 'unterminated string literal (detected at line 1) (<string>, line 1)'],
    ['[007, 0, 1, 1]', `${zeros} (<string>, line 1)`],
    ['[10px, 0, 1, 1]', 'invalid decimal literal (<string>, line 1)'],
    ['[0.1,\u00A00.2, 0.3, 0.4]', 'invalid non-printable character U+00A0 (<string>, line 1)'],
    ['[\u22120.1, 0.2, 0.3, 0.4]', "invalid character '\u2212' (U+2212) (<string>, line 1)"],
    ['[10%, 20%, 30%, 40%]', 'invalid syntax (<string>, line 1)'],
    ['[0, 0, 1, (() => { throw 1 })()]', 'invalid syntax (<string>, line 1)'],
    // Expressions, which the released loop evaluates.
    ['[1/2, 0, 1, 1]', ''],
    ['[0, 0, 1, 2**9]', ''],
    ['[0, 0, 1, 1] + [2]', ''],
  ])('answers the box %s as the interpreter does, and evaluates nothing', (bbox, error) => {
    const shown = () => ({ width: 10, height: 10 })
    expect(parseTurn(call(bbox), strict, shown)).toEqual({ error, code: 'bad-box' })
  })

  it('looks at the interpreter first, then at the number of coordinates, the source, and each of them', () => {
    const error = (bbox: string) => parseTurn(call(bbox, '"here"'), strict)
    const source = `The 'source' argument "here" does not match the pattern 'observation_([0-9]*)'.`
    expect(error('[0 0')).toMatchObject({ error: "'[' was never closed (<string>, line 1)" })
    expect(error('[0, 0, 1e999]')).toMatchObject({ error: '' })
    expect(error('[0, 0, 1e999, 1]')).toEqual({ code: 'bad-source', error: source })
    expect(parseTurn(call('[0, 0, 1e999, 1]', '"observation_7"'), strict)).toEqual({
      code: 'no-such-source',
      error: 'Error in predicting the source observation: "observation_7".',
    })
  })

  it.each([
    ['no blank after the colon', good.replace('": [', '":[')],
    ['keys in another order', '<grounding>{"source": "original_image", "bbox_2d": [0, 0, 1, 1]}</grounding>'],
    ['a key after the source', good.replace('}<', ', "zoom": 2}<')],
    ['no source', '<grounding>{"bbox_2d": [0, 0, 1, 1]}</grounding>'],
    ['single quotes around a key', good.replaceAll('"bbox_2d"', "'bbox_2d'")],
    ['a blank before the brace', good.replace('<grounding>', '<grounding> ')],
    ['a blank after the brace', good.replace('}<', '} <')],
    ['no comma before the source', '<grounding>{"bbox_2d": [0] "source": "original_image"}</grounding>'],
    ['nothing', '<grounding></grounding>'],
  ])('reads no call with %s', (_, text) => {
    expect(parseTurn(text, strict)).toMatchObject({ code: 'bad-call' })
  })

  it("takes any of three quotes around the source, even Python's own", () => {
    expect(parseTurn(call('[0, 0, 1, 1]', "'observation_1'"), strict)).toMatchObject({
      action: { source: 'observation_1' },
    })
    expect(parseTurn(call('[0, 0, 1, 1]', `'observation_1"`), strict)).toMatchObject({
      action: { source: 'observation_1' },
    })
    expect(parseTurn(call('[0, 0, 1, 1]', 'observation_1'), strict)).toMatchObject({ code: 'bad-call' })
  })

  it('lets the last of several calls count', () => {
    const text = good + call('[0.5, 0.5, 1, 1]', '"observation_1"')
    expect(parseTurn(text, strict)).toMatchObject({ action: { boxRel: [0.5, 0.5, 1, 1], source: 'observation_1' } })
    expect(parseTurn(`${good}<grounding>{"bbox_2d": [1, `, strict)).toMatchObject({ action: grounding })
  })

  it('lets a call beat an answer, unless the profile says otherwise', () => {
    for (const text of [`${good}<answer>red</answer>`, `<answer>red</answer>${good}`]) {
      expect(parseTurn(text, strict)).toMatchObject({ action: grounding })
    }
    expect(parseTurn(`<grounding>?</grounding><answer>red</answer>`, strict)).toMatchObject({ code: 'bad-call' })
    const answerFirst: Profile = { ...strict, callAndAnswer: 'answer' }
    expect(parseTurn(`${good}<answer>red</answer>`, answerFirst)).toMatchObject({
      action: { kind: 'answer', text: 'red' },
    })
  })

  it('wants the text to end with its answer', () => {
    expect(parseTurn('<think>Yes.</think><answer> red\n</answer>', strict)).toEqual({
      thought: 'Yes.',
      action: { kind: 'answer', text: 'red' },
    })
    for (const text of ['<answer>red</answer> ', '<answer>red</answer>.', '<answer>red', 'red', '', '</answer>']) {
      expect(parseTurn(text, strict)).toMatchObject({ code: 'no-action' })
    }
  })

  it('allows one line break behind the answer, as the released loop does', () => {
    expect(parseTurn('<answer>red</answer>\n', strict)).toMatchObject({ action: { text: 'red' } })
    expect(parseTurn('<answer>red</answer>\n\n', strict)).toMatchObject({ code: 'no-action' })
  })

  // Its pattern takes the box up to the last comma before the source, whatever stands between the two.
  it.each([
    ['<grounding>{"bbox_2d": [0, 0, 1, 1], and then "source": "original_image"}</grounding>', [0, 0, 1, 1]],
    ['<grounding>{"bbox_2d": [0, 0, 1, 1] "source": "original_image"}</grounding>', undefined],
    ['<grounding>{"bbox_2d": [0, 0, 1, 1], "label": "a", "source": "original_image"}</grounding>', undefined],
  ])('reads the box of %s as the released loop does', (text, boxRel) => {
    const expected = boxRel === undefined ? { code: 'bad-box' } : { action: { boxRel } }
    expect(parseTurn(text, strict)).toMatchObject(expected)
  })

  it('picks the first or the last of two answers', () => {
    const text = '<answer>red</answer> or <answer>blue</answer>'
    expect(parseTurn(text, strict)).toMatchObject({ action: { text: 'red' } })
    expect(parseTurn(text, { ...strict, answerPick: 'last' })).toMatchObject({ action: { text: 'blue' } })
  })

  it('takes an unclosed call for none', () => {
    expect(parseTurn('<grounding>{"bbox_2d": [0, 0, 1, 1], "source": "original_image"}', strict)).toMatchObject({
      code: 'no-action',
    })
  })
})

describe('lenient parsing', () => {
  it.each([
    good,
    '<grounding>{"source":"original_image","bbox_2d":[0.1,0.2,0.3,0.4]}</grounding>',
    "<grounding>{'bbox_2d': (0.1, 0.2, 0.3, 0.4), 'source': 'original_image', 'label': \"it's\"}</grounding>",
    '<grounding>\n```json\n{ bbox_2d: [0.1, 0.2, 0.3, 0.4,], source: original_image, }\n```\n</grounding>',
    '<grounding> {"bbox_2d" :[.1,.2,.3,.4],"source" :"original_image","more":{"a":[1,[2]]}} ',
    `A <grounding> is needed. ${good}<answer>`,
    '<grounding>{“bbox_2d”: [0.1, 0.2, 0.3, 0.4], “source”: ‘original_image’}</grounding>',
    '<grounding>{"bbox_2d": [0.1, 0.2, 0.3, 0.4], // the sign\n  /* all * of it */ "source": "original_image" # it\n}</grounding>',
    '<grounding>[{"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "original_image"}]</grounding>',
    '<grounding>{"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "original_image"</grounding>',
    '<grounding>{"bbox_2d": [[0.1, 0.2], [0.3, 0.4]], "source": "original_image"}</grounding>',
  ])('reads %s', (text) => {
    expect(parseTurn(text, lenient)).toMatchObject({ action: grounding })
  })

  it.each([
    ['<grounding>[0, 0, 1, 1]</grounding>', 'bad-call'],
    ['<grounding>{"bbox_2d": [0, 0, 1, 1]}</grounding>', 'bad-call'],
    ['<grounding>{"bbox_2d": [0, 0, 1/2, 1], "source": "original_image"}</grounding>', 'bad-call'],
    ['<grounding>{"__proto__": {"bbox_2d": [0, 0, 1, 1], "source": "original_image"}}</grounding>', 'bad-call'],
    ['<grounding>{"bbox_2d": [0, 0, 1], "source": "original_image"}</grounding>', 'bad-box'],
    ['<grounding>{"bbox_2d": [0, 0, NaN, 1], "source": "original_image"}</grounding>', 'bad-box'],
  ])('answers %s with %s', (text, code) => {
    expect(parseTurn(text, lenient)).toMatchObject({ code, error: expect.stringMatching(/.{30}/) })
  })

  it('takes an answer with text behind it, unclosed, or beside a tag that is no call', () => {
    for (const text of ['<answer>red</answer>.\n', 'So: <answer>red', 'No <grounding> now: <answer>red</answer>']) {
      expect(parseTurn(text, lenient)).toMatchObject({ action: { kind: 'answer', text: 'red' } })
    }
  })

  it.each([
    ['<answer>7</answer>', { kind: 'answer', text: '7' }],
    [good, grounding],
  ])('reads %s behind the thinking, whatever that drafts', (said, action) => {
    const draft = `I could write ${call('[0, 0, 1, 1]')} or <answer>9</answer>.`
    expect(parseTurn(`<think>${draft}</think>\n${said}`, lenient)).toMatchObject({ action })
    // The template wrote the opening tag.
    expect(parseTurn(`${draft}</think>\n${said}`, lenient)).toEqual({ thought: draft, action })
    const turns = [{ text: `<think>${draft}</think>${said}` }] as unknown as Turn[]
    expect(finalAnswer(turns, lenient)).toBe(said === good ? null : '7')
  })

  it('reads the thinking where nothing stands behind it', () => {
    expect(parseTurn('<think>So <answer>7</answer></think>\n', lenient)).toMatchObject({ action: { text: '7' } })
    expect(parseTurn(`<think>${good}</think> So.`, lenient)).toMatchObject({ action: grounding })
  })

  it('reads thousandths, and pixels of the view', () => {
    const thousand: Profile = { ...lenient, coordinates: 'thousand' }
    expect(parseTurn(call('[100, 200, 300, 400]'), thousand)).toMatchObject({ action: grounding })
    const pixel: Profile = { ...lenient, coordinates: 'pixel' }
    const sizes = (source: string) => (source === 'original_image' ? { width: 1000, height: 500 } : undefined)
    expect(parseTurn(call('[100, 100, 300, 200]'), pixel, sizes)).toMatchObject({ action: grounding })
    expect(parseTurn(call('[1, 1, 3, 2]', '"observation_4"'), pixel, sizes)).toMatchObject({ code: 'no-such-source' })
  })
})

describe('any text at all', () => {
  const pieces = [
    '<grounding>',
    '</grounding>',
    '<answer>',
    '</answer>',
    '<think>',
    '</think>',
    '{"bbox_2d": ',
    '"source": ',
    '[',
    ']',
    '0.1, ',
    '1e999',
    'NaN',
    '-Infinity',
    '9'.repeat(400),
    '"original_image"',
    "'observation_1'",
    '}',
    '{',
    '\\',
    '"',
    "'",
    '<script>alert(1)</script>',
    '\ud800',
    '\udc00',
    '\u0000',
    '🔍',
    '```json\n',
    '(',
    ')',
    '__proto__',
    '${x}',
    '\n',
    ', ',
    ': ',
    '}</grounding>',
    '"}</grounding>',
    '0',
    '.',
    'e',
    '+',
  ]
  const hostile = fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
    { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff })).map((c) => String.fromCharCode(...c)) },
  )
  const all: readonly Profile[] = [
    strict,
    lenient,
    { ...lenient, coordinates: 'thousand', callAndAnswer: 'answer', errorText: 'official' },
    { ...strict, coordinates: 'pixel', answerPick: 'last' },
  ]

  it('gives an action with finite numbers or an error of bounded length, 10,000 times', () => {
    expect(() =>
      fc.assert(
        fc.property(hostile, fc.constantFrom(...all), (text, profile) => {
          const turn = parseTurn(text, profile, () => ({ width: 640, height: 480 }))
          if ('error' in turn) return turn.error.length < 400
          const { action } = turn
          return action.kind === 'answer'
            ? text.includes(action.text)
            : action.kind === 'grounding' && action.boxRel.every(Number.isFinite)
        }),
        { numRuns: 10_000 },
      ),
    ).not.toThrow()
  })

  const repeated = [
    ...pieces,
    '"source": "',
    '<grounding>{"bbox_2d": [0',
    '<grounding>{"bbox_2d": ["source": "',
    '[{"a":',
    '<think><answer>',
  ]
  // Long enough that a reader whose time grows with the square of the length meets the limit of a minute.
  it.each(repeated)('is read without a hitch when it is 150 kB of %j', { timeout: 60_000 }, (piece) => {
    const much = piece.repeat(Math.ceil(150_000 / piece.length))
    const texts = [
      much,
      good + much,
      much + good,
      `<grounding>{"bbox_2d": ${much}</grounding>`,
      `<grounding>{"bbox_2d": [${much}], "source": "${much}"}</grounding>`,
    ]
    for (const text of texts) {
      for (const profile of all)
        expect(parseTurn(text, profile)).toSatisfy((turn) => 'action' in turn || 'error' in turn)
    }
  })
})

describe('finalAnswer', () => {
  const turn = (text: string): Turn =>
    ({
      text,
      finish: 'stop',
      usage: { promptTokens: 0, imageTokens: 0, replyTokens: 0 },
      ms: 0,
      ...parseTurn(text, strict),
    }) as Turn

  it('is the first of all turns, even beside a call, or the last', () => {
    const turns = [turn(`<answer>red</answer>${good}`), turn('<answer>blue</answer>')]
    expect(finalAnswer(turns, { ...strict, answerPick: 'first' })).toBe('red')
    expect(finalAnswer(turns, { ...strict, answerPick: 'last' })).toBe('blue')
  })

  it('is found in a turn that was void, and null where there is none', () => {
    expect(finalAnswer([turn('<answer>red</answer> I think')], strict, 'void')).toBe('red')
    expect(finalAnswer([turn('I give up')], strict, 'void')).toBe(null)
    expect(finalAnswer([], strict, 'void')).toBe(null)
  })

  // Reference 6.2.
  it.each([
    ['blanks stay', [' <answer> dark  red\n</answer>'], ' dark  red\n'],
    ['an empty one is one', ['<answer></answer>'], ''],
    [
      'it may begin in one turn and end in another',
      [`I will write <answer>${good}`, 'So: <answer>red</answer>'],
      `${good} So: <answer>red`,
    ],
    ['a closing tag before it closes nothing', ['</answer>', '<answer>red</answer>'], 'red'],
    ['none is complete', ['<answer>red', 'blue'], null],
  ])('of all turns as one text: %s', (_, texts, answer) => {
    const turns = texts.map(turn)
    for (const end of ['answered', 'void', 'over-turn', 'over-image', 'over-context'] as const)
      expect(finalAnswer(turns, strict, end)).toBe(answer)
    expect(finalAnswer(turns, strict, 'failed')).toBe(null)
  })

  it('is none after a limit where turns are read one by one', () => {
    const turns = [turn(`<answer>red</answer>${good}`)]
    expect(finalAnswer(turns, strict, 'over-turn')).toBe('red')
    expect(finalAnswer(turns, lenient, 'over-turn')).toBe(null)
  })

  it('never stands in what a server gave as thinking', () => {
    const turns = [{ ...turn('I give up'), thinking: '<answer>red</answer>' }]
    expect(finalAnswer(turns, strict, 'void')).toBe(null)
  })
})
