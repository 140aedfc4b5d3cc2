import { describe, expect, it } from 'vitest'
import { csvText, problemsCsv } from './csv.ts'

/** What a reader of RFC 4180 finds in the file. */
function readCsv(text: string): string[][] {
  const rows: string[][] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/gy
  let row: string[] = []
  for (const [, quoted, plain, end] of text.replace(/^\uFEFF/, '').matchAll(cell)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain!)
    if (end === '\n') {
      rows.push(row)
      row = []
    }
  }
  return rows
}

describe('csvText', () => {
  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\ttabbed',
    '\rreturned',
    ' =1+1',
    '\u00A0=1',
    '\u0001=1',
    '＝1+1',
    '＋1',
    '－1',
    '＠SUM(A1)',
    '=HYPERLINK("http://host","a, b")',
    "=cmd|'/C calc'!A0",
  ])('puts an apostrophe before %j, which is text', (text) => {
    expect(readCsv(csvText([['a', text, 'b']]))).toEqual([['a', `'${text}`, 'b']])
  })

  it.each([
    ['a;=1+1', "a;'=1+1"],
    ['a\n=1+1', "a\n'=1+1"],
    ['a\t@SUM(A1)', "a\t'@SUM(A1)"],
    ['\t=1', "'\t'=1"],
    ['\r=1', "'\r'=1"],
    ['\n=1', "'\n'=1"],
    ['a;b\r\n-1', "a;b\r\n'-1"],
  ])('leaves no formula in %j to those that separate by other signs', (text, safe) => {
    expect(readCsv(csvText([[text]]))).toEqual([[safe]])
  })

  it.each(['a=b', 'x-y', 'a@b.c', 'two\nlines', 'a,b', 'say "so"', "'quoted'", ';', '', 'a; -b', '100 %', '#N/A'])(
    'keeps %j as it is',
    (text) => {
      expect(readCsv(csvText([['first', text, 'last']]))).toEqual([['first', text, 'last']])
    },
  )

  it('keeps numbers numbers, in twelve digits, and leaves out what is none', () => {
    expect(csvText([[-5, 0.1 + 0.2, 1e-7, 12345678901, Number.NaN, Infinity]])).toBe('-5,0.3,1e-7,12345678901,,\n')
  })

  it('marks the encoding where a text is not ASCII, once', () => {
    expect(csvText([['plain', 1]])).toBe('plain,1\n')
    expect(csvText([['größe'], ['图']])).toBe('\uFEFFgröße\n图\n')
  })

  it('has no zero bytes, at which readers stop', () => {
    expect(csvText([['a\0b']])).toBe('\uFEFFa\uFFFDb\n')
  })

  it('takes time in proportion to the length of a cell', () => {
    for (const piece of ['\n', ' ', '\t', ';', '"', '\n '] as const) {
      expect(csvText([[piece.repeat(1_000_000)]]).length).toBeGreaterThanOrEqual(1_000_000)
    }
  })
})

it('writes a line for each problem, whose names and groups are text', () => {
  const solved = [
    { name: '=set/1', slices: { level: '-1', category: 'a,b' }, right: 1, searches: 4, meanTurns: 2.333, corrected: 1 },
    { name: 'set/2', slices: { level: 'easy' }, right: 0, searches: 4, meanTurns: 1, corrected: 0 },
  ]
  expect(readCsv(problemsCsv(solved))).toEqual([
    ['problem', 'level', 'category', 'right', 'searches', 'solve rate', 'mean turns', 'corrected by hand'],
    ["'=set/1", "'-1", 'a,b', '1', '4', '0.25', '2.33', '1'],
    ['set/2', 'easy', '', '0', '4', '0', '1', '0'],
  ])
})
