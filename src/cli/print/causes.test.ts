import { expect, test } from 'vitest'
import { TransportError } from '../../shared/errors.ts'
import { causesOf, withoutSecrets } from './causes.ts'

test('the whole chain is told, with codes, and a circle ends it', () => {
  const low = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const middle = new AggregateError([new Error('one'), new Error('two')], 'several', { cause: low })
  const text = causesOf(new TransportError('gone', 'No line.', { cause: middle }), {})
  for (const part of ['[gone] TransportError: No line.', 'several', 'with: Error: one', 'with: Error: two'])
    expect(text).toContain(part)
  expect(text).toContain('caused by: [ECONNREFUSED] Error: connect ECONNREFUSED')
  const round = new Error('round')
  round.cause = round
  expect(causesOf(round, {}).match(/Error: round/g)).toHaveLength(1)
  expect(causesOf('only options', {})).toContain('only options')
})

test('no secret is left, whatever is cut afterwards', () => {
  const variables = { VLM_KEY: 'k'.repeat(45), MY_TOKEN: `k${'k'.repeat(45)}`, PATH: '/usr/bin/something' }
  const said = `key ${variables.VLM_KEY}, token ${variables.MY_TOKEN}, /usr/bin/something`
  expect(withoutSecrets(said, variables)).toBe('key ***, token ***, /usr/bin/something')
  const forms = 'Bearer abcdef123456, sk-proj-abcdefgh12345, http://user:password@host/v1'
  expect(withoutSecrets(forms, {})).toBe('Bearer ***, ***, http://***@host/v1')
  const long = new Error(`${'x'.repeat(3_980)}${variables.VLM_KEY}`)
  expect(causesOf(long, variables)).not.toContain('kk')
})
