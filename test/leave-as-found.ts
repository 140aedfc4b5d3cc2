/** Most test files share a worker with others: each leaves environment, clock, spies and listeners as it found them. For vitest. */
import { afterAll, vi } from 'vitest'

const environment = { ...process.env }
const warningListeners = process.listeners('warning')

afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
  Object.assign(process.env, environment)
  for (const listener of process.listeners('warning')) {
    if (!warningListeners.includes(listener)) process.off('warning', listener)
  }
})
