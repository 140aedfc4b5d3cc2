/** Ctrl-C for a program that is run by a test, at the same point of its work however busy the machine is. */

/** Options of Node for a program that interrupts itself once `condition`, an expression over `node:fs`, holds in its folder. */
export function interruptWhen(condition: string): string[] {
  const code = `
    import * as fs from 'node:fs'
    import { isMainThread } from 'node:worker_threads'
    const holds = () => { try { return ${condition} } catch { return false } }
    const timer = isMainThread && setInterval(() => {
      if (!holds()) return
      clearInterval(timer)
      process.kill(process.pid, 'SIGINT')
    }, 1).unref()`
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`]
}
