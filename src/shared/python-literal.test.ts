import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonAssignments, readPythonLiteral } from './python-literal.ts'

const read = (text: string): unknown => readPythonLiteral(text).value

describe('readPythonLiteral', () => {
  it.each([
    [`'a'`, 'a'],
    [`"it's"`, "it's"],
    [`''`, ''],
    [`"""two\nlines and "quotes" and ''"""`, `two\nlines and "quotes" and ''`],
    [`'''\r\nend'''`, '\nend'],
    [String.raw`'\n\t\\\'\"\a\x41\u00e9\U0001F50D\101\0'`, '\n\t\\\'"\x07Aé🔍A\0'],
    [String.raw`'\ud83d\udd0d'`, '🔍'],
    [String.raw`'\d stays'`, String.raw`\d stays`],
    [String.raw`r'\n\'"'`, String.raw`\n\'"`],
    [String.raw`R"""\x"""`, String.raw`\x`],
    [`u'x'`, 'x'],
    [`'one \\\nline'`, 'one line'],
    [`'a' "b" r'\\c'`, 'ab\\c'],
    [`('a'\n  # why\n  "b")`, 'ab'],
    [`'a' \\\n 'b'`, 'ab'],
    ['12', 12],
    ['-1_000.5e-1', -100.05],
    ['.5', 0.5],
    ['5.', 5],
    ['0x1F', 31],
    ['-0b11', -3],
    ['True', true],
    ['False', false],
    ['None', null],
    ['[]', []],
    [`[1, 'a', [None, ], ]`, [1, 'a', [null]]],
    ['()', []],
    ['(1,)', [1]],
    ['(1)', 1],
    ['(1, 2)', [1, 2]],
    ['{}', {}],
    [`{'from': 'human', "value": "<image>\\nHi", 3: [1]}`, { from: 'human', value: '<image>\nHi', 3: [1] }],
    [`  \n[1 # one\n,2]`, [1, 2]],
  ])('reads %s', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it('says where it ended, and starts where it is told', () => {
    expect(readPythonLiteral('x = [1]  ; y', 4)).toEqual({ value: [1], end: 7 })
    expect(readPythonLiteral(`'a'\n'b'`)).toEqual({ value: 'a', end: 3 })
  })

  it('keeps a key that has a meaning in JavaScript as plain data', () => {
    const value = read(`{'__proto__': {'a': 1}}`) as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it.each([
    ['', 'Line 1: unexpected text'],
    [`[1,\n 'open]`, 'Line 2: a string that is not closed'],
    [`"""never`, 'a string that is not closed'],
    ['[1 2]', 'no comma or "]"'],
    ['[1, 2', 'no comma or "]"'],
    ['[1, 2,', 'unexpected text'],
    [',', 'unexpected text'],
    ['[,]', 'unexpected text'],
    [`{'a' 1}`, 'no colon'],
    [`{'a': 1 'b': 2}`, 'no comma or "}"'],
    [`{[1]: 2}`, 'a key'],
    ['__import__("os").system("true")', 'the name __import__'],
    ['lambda: 1', 'the name lambda'],
    ['nan', 'the name nan'],
    [`f'{1}'`, `a string that starts with f'`],
    [`rb'x'`, `a string that starts with rb'`],
    [String.raw`'\N{DASH}'`, String.raw`escape \N`],
    [String.raw`'\x4'`, String.raw`escape \x`],
    [String.raw`'\U00110000'`, String.raw`escape \U00110000`],
    ['0x', 'Line 1'],
    ['['.repeat(101), 'nested more than 100 deep'],
  ])('refuses %s', (text, problem) => {
    const failure = expect.objectContaining({ code: 'python-literal', message: expect.stringContaining(problem) })
    expect(() => {
      const { end } = readPythonLiteral(text)
      if (end < text.length) throw Object.assign(new Error(`Line 1, ${text.slice(end)}`), { code: 'python-literal' })
    }).toThrow(failure)
  })

  it('reads back what Python would write', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(text, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        expect(read(repr(value))).toEqual(value)
      }),
    )
  })

  it('reads or refuses any text, and megabytes of it in no time', { timeout: 60_000 }, () => {
    const pieces = ['[', ']', '(', '{', '}', "'", '"', '"""', '\\', '\n', 'r', ',', ':', '#', '1', 'None', ' ']
    const run = (text: string): string => {
      try {
        return typeof readPythonLiteral(text).end
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces)), (parts) => {
        expect(['number', 'python-literal']).toContain(run(parts.join('')))
      }),
    )
    for (const piece of [...pieces, "'a'", '[1,', "{'a':", "'\\x41", '# \n']) {
      expect(['number', 'python-literal']).toContain(run(piece.repeat(100_000)))
      expect(['number', 'python-literal']).toContain(run(`[${`${piece}, `.repeat(10_000)}]`))
      expect(pythonAssignments(`A = ${piece}\n`.repeat(2_000)).size).toBeLessThan(2)
    }
  })
})

describe('pythonAssignments', () => {
  it('finds the literals at the top level, and nothing inside strings, blocks or brackets', () => {
    const source = [
      '"""A module.',
      'HIDDEN = 1',
      '"""',
      'import os',
      'A="""say \\"hi\\"',
      'B = 2"""',
      "C: str = 'c'  # a note",
      'D = os.environ["B"]',
      'E = {',
      '    "k": D,',
      '}',
      'if A:',
      '    F = 1',
      'def g(x=1,',
      'H=2):',
      '    return """',
      'I = 3"""',
      'J = ("x"',
      '     "y")',
      'K = "a" + "b"',
      'L == 1',
      'M = 1; N = 2',
      'O =',
      '"p"',
      'C = "again"\r',
      'Z = [1, 2]',
    ].join('\n')
    expect(Object.fromEntries(pythonAssignments(source))).toEqual({
      A: 'say "hi"\nB = 2',
      C: 'again',
      J: 'xy',
      M: 1,
      Z: [1, 2],
    })
  })

  it('passes over a string that is not closed', () => {
    expect([...pythonAssignments('A = 1\nB = """never\nC = 2').keys()]).toEqual(['A'])
  })
})

it.each(['00', '0_0'])('takes %s, and no whole number behind zeros', (zeros) => {
  expect(readPythonLiteral(zeros).value).toBe(0)
  expect(() => readPythonLiteral(`${zeros}90`)).toThrow('leading zeros')
  expect(readPythonLiteral(`${zeros}7.5`).value).toBe(7.5)
})

// Took the square of their number in steps when each was tried as the first that is not zero.
it('reads a fraction of very many digits behind a zero', () => {
  expect(readPythonLiteral(`0${'9'.repeat(100_000)}.5`).value).toBe(Infinity)
})

function repr(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (typeof value === 'object') {
    return `{${Object.entries(value as object)
      .map(([key, item]) => `${repr(key)}: ${repr(item)}`)
      .join(', ')}}`
  }
  const text = String(value as string | number)
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const inner = text.replace(/[\\'"]|\p{Cc}/gu, (c) => {
    if (c === '"' || c === "'") return c === quote ? `\\${c}` : c
    const named = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[c]
    return named ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return quote + inner + quote
}
