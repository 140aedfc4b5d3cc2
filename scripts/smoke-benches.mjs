/**
 * Runs every benchmark with `--smoke`: seconds each, figures that mean nothing, but one that no longer works is noticed. Exits 1 if
 * any fails or prints nothing. Those that only measure a browser are skipped where there is no Chromium.
 *
 *     npm run build && node scripts/smoke-benches.mjs
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const folder = new URL('../bench/', import.meta.url)
const hasBrowser = existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium')
/** The others are parts of these. */
const benches = readdirSync(folder).filter((name) =>
  readFileSync(new URL(name, folder), 'utf8').includes('benchOptions('),
)
const inBrowser = ['scrub.mjs', 'many.mjs']
const waiting = benches.filter((name) => name !== 'measure.mjs' && (hasBrowser || !inBrowser.includes(name)))

async function runWaiting() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const startedMs = performance.now()
    const words = [fileURLToPath(new URL(name, folder)), '--smoke']
    const result = await promisify(execFile)(process.execPath, words, { timeout: 240_000 }).catch((error) => error)
    const ok = !(result instanceof Error) && result.stdout !== ''
    console.log(`${name}: ${ok ? 'runs' : 'FAILED'}, ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    if (ok) continue
    console.log(`${result.stdout}${result.stderr}`)
    process.exitCode = 1
  }
}

await Promise.all([runWaiting(), runWaiting()])
