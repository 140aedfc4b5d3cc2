/** A sampler gives its places up when those who asked wait no more. */
import { expect, test, vi } from 'vitest'
import { limiter } from '../../shared/limiter.ts'
import { createGate } from './gate.ts'
import { createSampler } from './sampler.ts'
import { tinkerKinds } from './server-kinds.ts'
import type { Transport } from './transport.ts'

test('an aborted request frees its place, and one that still waits is never sent', async () => {
  const submit = vi.fn<Transport['submit']>(async () => 'promised')
  const result = vi.fn<Transport['result']>(() => new Promise(() => {}))
  const transport = { submit, result } as unknown as Transport
  const gates = { bytes: createGate(1e6), requests: limiter(1) }
  const sampler = createSampler(transport, 'session', Object.values(tinkerKinds)[0]!, [0], gates)
  const request = { prompt: [{ kind: 'text', tokens: [1] }], seed: 1, temperature: 1, maxTokens: 1 } as const
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()]
  const sampled = [first, second, third].map(({ signal }) => sampler.sample(request, { signal }))
  const settled = Promise.allSettled(sampled)
  await expect.poll(() => result.mock.calls.length).toBe(1)
  second.abort()
  first.abort()
  await expect.poll(() => result.mock.calls.length).toBe(2)
  expect(submit).toHaveBeenCalledTimes(2)
  third.abort()
  for (const end of await settled) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } })
  expect(result.mock.calls.map(([, , , signal]) => signal)).toEqual([first.signal, third.signal])
})
