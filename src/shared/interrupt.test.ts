import { afterEach, expect, it, vi } from 'vitest'
import { catchInterrupt } from './interrupt.ts'

afterEach(() => vi.restoreAllMocks())

it('finishes at the first Ctrl-C, quits at the second, and lets go when released', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never)
  const before = process.listenerCount('SIGINT')
  const told = vi.fn<() => void>()
  const interrupt = catchInterrupt(told)
  expect(interrupt.signal.aborted).toBe(false)
  process.emit('SIGINT')
  expect(interrupt.signal.aborted).toBe(true)
  expect(told).toHaveBeenCalledOnce()
  expect(exit).not.toHaveBeenCalled()
  process.emit('SIGINT')
  expect(exit).toHaveBeenCalledWith(130)
  interrupt.release()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
