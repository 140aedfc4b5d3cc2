/** Completions that end early: one of several choices fails, or the client is gone. */
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Policy } from '../../policy/policy.ts'
import { profiles } from '../../protocol/profile.ts'
import { dataUrl, encodePng } from '../../vision/encode.ts'
import { SearchQueue } from '../search-queue.ts'
import type { Delta, Completed, ServedModel } from './chat-model.ts'
import { readChatRequest } from './chat-request.ts'
import type { ChatRequest } from './chat-request.ts'
import { runChoices } from './choices.ts'
import { searchModel } from './search-model.ts'

const { signal } = new AbortController()

async function asking(n: number): Promise<ChatRequest> {
  const png = await encodePng({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) })
  const content = [
    { type: 'image_url', image_url: { url: dataUrl(png, 'png') } },
    { type: 'text', text: 'What is it?' },
  ]
  return readChatRequest({ model: 'any', seed: 1, n, messages: [{ role: 'user', content }] })
}

test('where a choice fails, another that cannot stop at once is waited for', async () => {
  const states: string[] = []
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const model: ServedModel = {
    id: 'half',
    async *complete({ seed }): AsyncGenerator<Delta, Completed, void> {
      if (seed === 1) throw new Error('the first choice fails')
      // As work on a disk, which no signal stops.
      await held
      states.push('released')
      yield { content: 'too late' }
      states.push('read')
      return { finish: 'stop', stop: null, promptTokens: 0, replyTokens: 0 }
    },
  }
  const failing = runChoices(model, await asking(2), signal).next()
  // A rejection that nobody awaits would end the program by now.
  const passed = setImmediate().then(release)
  await expect(failing).rejects.toThrow('the first choice fails')
  await passed
  expect(states).toEqual(['released'])
})

test('a client that goes while a search has something to tell makes room', async () => {
  const look = '<grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'
  const policy: Policy = {
    name: 'looking',
    open: () => ({
      take: async () => ({ text: look, finish: 'stop', usage: { promptTokens: 1, imageTokens: 1, replyTokens: 1 } }),
      close: () => {},
    }),
  }
  const queue = new SearchQueue({ atOnce: 1, waiting: 0 })
  const model = searchModel({ name: 'looking', note: '', profile: profiles.default, policy: () => policy, queue })
  const told = runChoices(model, await asking(1), signal)
  expect((await told.next()).value).toMatchObject({ choice: 0, delta: { reasoning: expect.stringContaining('Zooms') } })
  expect(() => queue.join()).toThrow('Too many searches')
  await told.return()
  expect(queue.join()).toHaveLength(1)
})
