/** Which ports are looked at: the usual ones, Ollama's own variable, or a list in their place. */
import { expect, test } from 'vitest'
import { usualPlaces } from './usual-places.ts'

const portsOf = (env: Record<string, string>): number[] => usualPlaces(env).map(({ port }) => port)

test('the usual ports, each once', () => {
  expect(portsOf({})).toEqual(expect.arrayContaining([11_434, 1234, 8080, 8000, 30_000]))
  expect(new Set(portsOf({})).size).toBe(portsOf({}).length)
  expect(usualPlaces({}).find(({ port }) => port === 12_434)?.path).toBe('/engines/v1')
})

test.each([
  ['127.0.0.1:11500', true],
  ['0.0.0.0:11500', true],
  ['http://localhost:11500/', true],
  [':11500', true],
  ['[::]:11500', true],
  ['10.0.0.5:11500', false],
  ['https://ollama.example:11500', false],
  ['127.evil.example:11500', false],
  ['nonsense', false],
])('OLLAMA_HOST=%s', (host, looked) => {
  expect(portsOf({ OLLAMA_HOST: host }).includes(11_500)).toBe(looked)
})

test.each([
  ['', []],
  ['9001, 9002', [9001, 9002]],
  ['0,70000,x,80', [80]],
])('MINI_O3_PORTS=%s', (list, ports) => {
  expect(portsOf({ MINI_O3_PORTS: list })).toEqual(ports)
})
