/** A line with names from a server, typed into a real shell, is the words that were meant. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shellWord } from './shell-word.ts'

test.each([
  ['chat:Qwen/Qwen2.5-VL-7B-Instruct', 'chat:Qwen/Qwen2.5-VL-7B-Instruct'],
  ['chat:$(touch x)', "'chat:$(touch x)'"],
  ["chat:it's", String.raw`'chat:it'\''s'`],
])('%s', (text, word) => {
  expect(shellWord(text)).toBe(word)
})

test('any names at all', () => {
  const names = fc
    .sample(fc.string({ minLength: 1 }), { numRuns: 200, seed: 1 })
    .map((name) => name.replaceAll('\0', ''))
  const said = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${names.map(shellWord).join(' ')}`], { encoding: 'utf8' })
  expect(said.split('\0').slice(0, -1)).toEqual(names)
})
