/** The built program's pages in a real browser, for tests. Needs `npm run build`, and Chromium: see `hasBrowser`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
export const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
export const hasBrowser = existsSync(browserPath)
if (!hasBrowser) process.stderr.write(`Browser tests skipped: there is no ${browserPath} (set CHROMIUM).\n`)

export interface ServedPage {
  readonly page: Page
  /** Where the program serves. */
  readonly base: string
  close(): Promise<void>
}

/** Serves the runs in `runs` and opens an empty page. What breaks in a page is kept in `errors`. */
export async function servePage(runs: string, errors: string[]): Promise<ServedPage> {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--json', '--runs', runs], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const base = (JSON.parse(line) as { url: string }).url
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(50_000)
  page.on('pageerror', (error) => errors.push(error.message))
  return {
    page,
    base,
    async close() {
      await browser.close()
      child.kill('SIGINT')
    },
  }
}
