/** What `ask` tells of a search that came to no answer, beside its turns. */
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { Policy, Reply } from '../../policy/policy.ts'
import { makeProblem } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { makeScene } from '../../probe/scene.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { TransportError } from '../../shared/errors.ts'
import { searchAloud } from './search-aloud.ts'

const scene = makeScene(1, 'easy')
const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }

async function told(take: () => Promise<Reply>, profile: Profile = profiles.default): Promise<string> {
  const policy: Policy = { name: 'chat:m', open: () => ({ take, close() {} }) }
  const stream = new PassThrough() as unknown as NodeJS.WriteStream
  const task = { problem: makeProblem(scene), picture: scenePicture(scene, 512) }
  await searchAloud(task, policy, { profile }, stream)
  stream.end()
  return text(stream)
}

test('a reply without an action is shown whole, and nothing in it reaches the terminal', async () => {
  const reply = { text: 'The answer is 7.\n\u001b[2JI am sure.', finish: 'stop', usage } as const
  expect(await told(async () => reply, profiles.official)).toContain(
    'The last reply in full:\n  | The answer is 7.\n  | I am sure.\nThe reply held neither a zoom nor an answer.\nno answer',
  )
})

test('an answer in plain prose is told as one', async () => {
  const said = await told(async () => ({ text: 'The answer is 7.', finish: 'stop', usage }))
  expect(said).toContain('answers in plain prose The answer is 7.\nanswer The answer is 7.')
})

test('of a reply that was cut off, the option that gives it more room is named', async () => {
  const said = await told(async () => ({ text: 'I look at', finish: 'length', usage }))
  expect(said).toContain('  | I look at\n')
  expect(said).toContain('--reply-tokens')
})

test('a failed search tells its cause', async () => {
  const said = await told(async () => {
    throw new TransportError('gone', 'The line is dead.')
  })
  expect(said).toContain('The line is dead.\nno answer: the policy failed')
})

test.each([
  ['apart', { text: '', thinking: 'I look and\nlook.' }],
  ['in its text', { text: '<think>I look and\nlook.' }],
])('a reply of nothing but thinking, %s, is told once', async (_, reply) => {
  const said = await told(async () => ({ ...reply, finish: 'length', usage }))
  expect(said.split(/I look and\s+(?:\| )?look\./)).toHaveLength(2)
})
