/** Which route answers, and that a long path costs no more than its length. */
import { expect, test } from 'vitest'
import { router } from './router.ts'

const routes = Object.fromEntries(
  ['GET /', 'GET /a', 'GET /a/*', 'GET /a/b/*', 'GET /a/b/c', 'POST /a', 'POST /p/*'].map((name) => [name, () => name]),
)
const find = router(routes)
const found = (method: string, path: string): unknown => (find(method, path) as () => string)()

test.each([
  ['GET', '/', 'GET /'],
  ['GET', '/a', 'GET /a'],
  ['POST', '/a', 'POST /a'],
  ['GET', '/a/', 'GET /a/*'],
  ['GET', '/a/x/y', 'GET /a/*'],
  ['GET', '/a/b', 'GET /a/*'],
  ['GET', '/a/b/x', 'GET /a/b/*'],
  ['GET', '/a/b/c', 'GET /a/b/c'],
  ['HEAD', '/a/b/c', 'GET /a/b/c'],
])('%s %s: %s', (method, path, name) => {
  expect(found(method, path)).toBe(name)
})

test.each([
  ['POST', '/', 405],
  ['POST', '/a/b', 405],
  ['GET', '/p/x', 405],
  ['GET', '/b', 404],
  ['GET', '//', 404],
  ['GET', 'a', 404],
  ['GET', '/constructor', 404],
])('%s %s: %i', (method, path, status) => {
  expect(() => found(method, path)).toThrow(expect.objectContaining({ status }))
})

test('a refusal does not repeat the path', () => {
  const long = `/b${'/x'.repeat(8000)}`
  expect(() => found('GET', long)).toThrow(/^.{1,200}$/)
})
