/** No regular expression of the program takes time that grows with the square of its text, or worse: found from the expressions alone. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse } from 'scslre'
import { expect, it } from 'vitest'
import { parseAst } from 'vite'

/** The literals in what vite parsed. */
function literalsIn(node) {
  if (typeof node !== 'object' || node === null) return []
  return node.regex === undefined ? Object.values(node).flatMap(literalsIn) : [node.regex]
}

/** Whether it backtracks over the same text again and again, or is tried at every place of a long run that it reads to the end. */
function isSuperlinear({ pattern, flags }) {
  const options = { assumeRejectingSuffix: false, reportTypes: { Move: true } }
  return analyse({ source: pattern, flags }, options).reports.length > 0
}

it('finds a regular expression that takes quadratic time', () => {
  const literals = literalsIn(parseAst('f(/a+$/.test(x), /\\s*(x+)*y/g, /(?<!a)a+$/, "a".split(/,/))'))
  expect(literals.filter(isSuperlinear).map(({ pattern }) => pattern)).toEqual(['a+$', '\\s*(x+)*y'])
})

it('finds none in the program', () => {
  // Without the bundles, which hold packages as well: the program's own modules are there one by one.
  const files = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(?!web|searcher|cli.parts).*\.js$/.test(name),
  )
  const found = files.flatMap((name) =>
    literalsIn(parseAst(readFileSync(join('dist', name), 'utf8')))
      .filter(isSuperlinear)
      .map(({ pattern }) => `${name}: ${pattern}`),
  )
  expect(files.length).toBeGreaterThan(500)
  expect(found).toEqual([])
})
