import { expect, test } from 'vitest'
import type { SampleRequest } from '../../engine/engine.ts'
import { turnForm } from '../../model/grammar.ts'
import { decodeTokens, encodeText, special } from '../../model/tokenizer.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { embeddedPrompts, questionText } from '../../protocol/prompts.ts'
import { random } from '../../shared/random.ts'
import { longestReply, takeTurn } from './take-turn.ts'
import { questionTokens } from './turn-prompt.ts'

/** Any turn that the form allows. */
function anyTurn(seed: number): number[] {
  const { pick } = random('any turn', seed)
  const form = turnForm()
  const tokens: number[] = []
  for (let token = pick(form.allowed()); token !== special.end; token = pick(form.allowed())) {
    form.accept(token)
    tokens.push(token)
  }
  return tokens
}

test('the text of any turn that can be sampled, whole or cut off, is read as the tokens that were sampled', () => {
  for (let seed = 0; seed < 150; seed++) {
    const tokens = anyTurn(seed)
    for (let length = 1; length <= tokens.length; length++) {
      expect(encodeText(decodeTokens(tokens.slice(0, length)))).toEqual(tokens.slice(0, length))
    }
  }
})

test('a reply may be held shorter, never longer', async () => {
  const asked: SampleRequest[] = []
  const sampler = {
    sample: (request: SampleRequest) => {
      asked.push(request)
      return Promise.resolve({ tokens: encodeText('<think>Goal: red'), logprobs: [0, 0], ended: false })
    },
  }
  const message = {
    kind: 'question',
    system: embeddedPrompts.system,
    text: questionText(embeddedPrompts, makeProblem(makeScene(1, 'easy')).question),
  } as const
  const view = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) }
  const told = { question: questionTokens(message), lastReply: [], message, view }
  const context = { ...told, seed: 1, turn: 1, temperature: 1, signal: undefined }
  const { reply, written } = await takeTurn(sampler, { ...context, maxTokens: 2 })
  await takeTurn(sampler, { ...context, maxTokens: 8192 })
  expect(asked.map(({ maxTokens }) => maxTokens)).toEqual([2, longestReply])
  expect([reply.text, reply.finish, written]).toEqual(['<think>Goal: red', 'length', encodeText('<think>Goal: red')])
})
