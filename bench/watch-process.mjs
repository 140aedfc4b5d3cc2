/**
 * Loaded into a program under measurement with `--import`: when it ends, the file named by WATCH_FILE holds the delay of its event
 * loop, and what its memory was made of when it was largest, its worker threads included. Figures from before `SIGUSR2` do not count.
 */
import { writeFileSync } from 'node:fs'
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const everyMs = 50
const threads = new BroadcastChannel('memory of threads')
threads.unref()

if (isMainThread) watchProgram()
else {
  setInterval(() => {
    const { heapTotal, external } = process.memoryUsage()
    threads.postMessage({ threadId, bytes: heapTotal + external })
  }, everyMs).unref()
}

function watchProgram() {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const threadBytes = new Map()
  threads.addEventListener('message', (event) => {
    const { data } = /** @type {MessageEvent} */ (/** @type {unknown} */ (event))
    threadBytes.set(data.threadId, data.bytes)
  })
  let peak = { rss: 0 }
  process.on('SIGUSR2', () => {
    delay.reset()
    peak = { rss: 0 }
  })
  setInterval(() => {
    const now = process.memoryUsage()
    if (now.rss > peak.rss) peak = { ...now, threads: [...threadBytes.values()] }
  }, everyMs).unref()
  process.on('exit', () => {
    const ms = { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
    writeFileSync(process.env.WATCH_FILE, JSON.stringify({ delayMs: ms, peak }))
  })
}
