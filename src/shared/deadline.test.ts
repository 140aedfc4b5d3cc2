/** Limits on time, and how work gives way to a caller's signal. */
import { getEventListeners } from 'node:events'
import { expect, test, vi } from 'vitest'
import { onAbort, orAborted, startDeadline } from './deadline.ts'

test('a thousand that wait for one signal are one listener, and each is told once', () => {
  const { signal, ...controller } = withSignal()
  const told = vi.fn<() => void>()
  const releases = Array.from({ length: 1_000 }, () => onAbort(signal, told))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  for (const release of releases.slice(0, 400)) release()
  controller.abort()
  controller.abort()
  expect(told).toHaveBeenCalledTimes(600)
})

test('a signal that has fired is told at once', async () => {
  const signal = AbortSignal.abort('reason')
  const told = vi.fn<() => void>()
  onAbort(signal, told)
  expect(told).toHaveBeenCalledOnce()
  expect(startDeadline(signal, 1_000).signal.reason).toBe('reason')
  await expect(orAborted(new Promise(() => {}), signal)).rejects.toMatchObject({ code: 'aborted', cause: 'reason' })
})

test('a deadline fires with the signal of its caller, until it is released or stopped', () => {
  const { signal, abort } = withSignal()
  const kept = startDeadline(signal, 60_000)
  const released = startDeadline(signal, 60_000)
  const stopped = startDeadline(signal, 60_000)
  released.release()
  stopped.stop()
  expect([released.signal.aborted, stopped.signal.aborted]).toEqual([false, true])
  abort()
  expect([kept.signal.reason === signal.reason, kept.expired()]).toEqual([true, false])
  expect([released.signal.aborted, stopped.signal.reason === signal.reason]).toEqual([false, false])
  kept.release()
})

test('work that ends first has its result', async () => {
  const { signal, abort } = withSignal()
  const work = orAborted(Promise.resolve(7), signal)
  expect(await work).toBe(7)
  abort()
})

function withSignal(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
