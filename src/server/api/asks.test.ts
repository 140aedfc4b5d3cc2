/** Asks whose policy cannot be had: told as news, and no place in the queue is lost. */
import { afterAll, expect, test } from 'vitest'
import { profiles } from '../../protocol/profile.ts'
import { SearchQueue } from '../search-queue.ts'
import type { Searcher } from '../searcher.ts'
import { openAsks } from './asks.ts'
import { openPictures } from './pictures.ts'

const pictures = openPictures()
afterAll(() => pictures.close())

test('a policy that cannot be opened leaves the queue as it was', async () => {
  const faults: unknown[] = []
  const gone = new Error('its server is away')
  const queue = new SearchQueue({ atOnce: 1, waiting: 0 })
  const policy = (): never => {
    throw gone
  }
  const searcher: Searcher = { name: 'gone', note: '', profile: profiles.default, policy, queue }
  const { signal } = new AbortController()
  const asks = openAsks({
    searchers: () => [searcher],
    pictures,
    queue,
    onFault: (error) => faults.push(error),
    signal,
  })
  const [{ id: picture }] = pictures.scenes as [(typeof pictures.scenes)[number]]
  // There is room for one search: a place that leaks refuses the second.
  for (const tries of [1, 2]) {
    const { id } = await asks.start({ picture, question: 'Which digit?', policy: 'gone', maxTurns: 2, samples: 1 })
    const ask = asks.get(id)
    await new Promise((resolve) => setImmediate(resolve))
    expect(ask.events).toEqual([{ sample: 0, kind: 'broken', message: expect.stringContaining('terminal') }])
    expect(faults).toHaveLength(tries)
  }
})
