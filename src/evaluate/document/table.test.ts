import { describe, expect, test } from 'vitest'
import { plainTable } from './table.ts'

const width = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))
/** Every cell of a table that has no wrapped text. */
const cellsOf = (text: string): string[] => text.split(/\s{2,}|\n/).filter((cell) => /\w/.test(cell))

describe('tables for a terminal', () => {
  test('one that fits is left as it is', () => {
    const table = { head: ['name', 'score'], rows: [['a', '1.0']] }
    expect(plainTable(table, 80)).toBe('name  score\n----  -----\na       1.0')
  })

  test('a long first column is wrapped between words, its figures on the first line', () => {
    const words = 'the quick brown fox jumps over the lazy dog and runs'
    expect(plainTable({ head: ['', 'n'], rows: [[words, '7']] }, 40).split('\n')).toEqual([
      `${' '.repeat(39)}n`,
      `${'-'.repeat(37)}  -`,
      `${'the quick brown fox jumps over the'.padEnd(37)}  7`,
      '  lazy dog and runs',
    ])
  })

  test('many columns change places with a few rows', () => {
    const head = ['limit', ...Array.from({ length: 12 }, (_, index) => `column ${index}`)]
    const rows = [['policy', ...Array.from({ length: 12 }, (_, index) => `${index}.5`)]]
    const text = plainTable({ head, rows }, 80)
    expect(width(text)).toBeLessThanOrEqual(80)
    expect(text.split('\n')).toHaveLength(14)
    expect(text).toMatch(/^column 11 +11\.5$/m)
  })

  test('many of both are continued below, with the first column again', () => {
    const head = ['row', ...Array.from({ length: 20 }, (_, index) => `head ${index}`)]
    const rows = Array.from({ length: 20 }, (_, row) => [`row ${row}`, ...head.slice(1).map((_, at) => `${row}/${at}`)])
    const text = plainTable({ head, rows }, 60)
    expect(width(text)).toBeLessThanOrEqual(60)
    const cells = cellsOf(text)
    for (const cell of [...head, ...rows.flat()]) expect(cells).toContain(cell)
  })

  test('words longer than a line are broken', () => {
    const text = plainTable({ head: ['', 'n'], rows: [['x'.repeat(200), '1']] }, 60)
    expect(width(text)).toBeLessThanOrEqual(60)
    expect(text.match(/x/g)).toHaveLength(200)
  })
})
