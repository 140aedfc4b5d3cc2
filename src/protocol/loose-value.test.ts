/** What is JSON is read as JSON.parse reads it, wherever blanks stand; the rest of what models write is in parse-turn.test.ts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readLooseValue } from './loose-value.ts'

const blanks = fc.array(fc.constantFrom(' ', '\n', '\t', '\r\n', '\u00a0', '\u2028', '\ufeff', '\u000b'), {
  maxLength: 3,
})
const leaf = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  fc.integer({ min: -5_000, max: 5_000 }),
  fc.stringMatching(/^[a-z_ ,:{}[\]()0-9é%]{0,12}$/),
)
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z_0-9 ]{1,8}$/), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value

/** JSON with blanks around every token; `next` gives them. */
function spaced(of: unknown, next: () => string): string {
  const list = (items: readonly string[], open: string, close: string): string =>
    `${open}${next()}${items.join(`${next()},${next()}`)}${next()}${close}`
  if (Array.isArray(of))
    return list(
      of.map((item) => spaced(item, next)),
      '[',
      ']',
    )
  if (typeof of !== 'object' || of === null) return JSON.stringify(of)
  const fields = Object.entries(of).map(
    ([key, item]) => `${JSON.stringify(key)}${next()}:${next()}${spaced(item, next)}`,
  )
  return list(fields, '{', '}')
}

test('JSON is read as JSON.parse reads it, with blanks of any kind between its tokens', () => {
  fc.assert(
    fc.property(
      value,
      fc.array(blanks, { minLength: 1, maxLength: 9 }),
      fc.constantFrom('', '</grounding>', ' and so on'),
      (given, some, rest) => {
        let at = 0
        const next = (): string => some[at++ % some.length]!.join('')
        const json = spaced(given, next)
        expect(readLooseValue(`${next()}${json}${rest}`)?.value).toEqual(JSON.parse(JSON.stringify(given)))
      },
    ),
  )
})

test('reading begins where it is told, and says where it ended', () => {
  const text = 'box: { "a" : [ 1 ,\n2 ] } and more'
  const found = readLooseValue(text, 4)
  expect([found?.value, text.slice(found?.end)]).toEqual([{ a: [1, 2] }, ' and more'])
})
