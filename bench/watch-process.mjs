/**
 * Loaded into a program under measurement with `--import`: when it ends, the file named by WATCH_FILE holds the delay of its event
 * loop, and what its memory was made of when it was largest. Figures from before `SIGUSR2` do not count.
 */
import { writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { monitorEventLoopDelay } from 'node:perf_hooks'

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let peak = process.memoryUsage()
  process.on('SIGUSR2', () => {
    delay.reset()
    peak = process.memoryUsage()
  })
  setInterval(() => {
    const now = process.memoryUsage()
    if (now.rss > peak.rss) peak = now
  }, 20).unref()
  process.on('exit', () => {
    const ms = { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
    writeFileSync(process.env.WATCH_FILE, JSON.stringify({ delayMs: ms, peak }))
  })
}
