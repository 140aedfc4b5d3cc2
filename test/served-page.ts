/** The built program's pages in a real browser, for tests. Needs `npm run build`, and Chromium: see `hasBrowser`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
export const hasBrowser = existsSync(browserPath)
if (!hasBrowser) process.stderr.write(`Browser tests skipped: there is no ${browserPath} (set CHROMIUM).\n`)

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'], timeout: 120_000 })
}

export interface ServedPage {
  readonly page: Page
  /** Where the program serves. */
  readonly base: string
  /** Loads the page anew at what stands behind `#/`, so that nothing is left of what was open before. */
  open(path?: string): Promise<void>
  close(): Promise<void>
}

/** Serves the runs in `runs` and opens an empty page. What breaks in a page is kept in `errors`. */
export async function servePage(
  runs: string,
  errors: string[],
  { options = [], env = {} }: { readonly options?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ServedPage> {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--json', '--runs', runs, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const base = (JSON.parse(line) as { url: string }).url
  const browser = await openBrowser()
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(120_000)
  page.on('pageerror', (error) => errors.push(error.message))
  return {
    page,
    base,
    async open(path = '') {
      await page.goto('about:blank')
      await page.goto(`${base}/#/${path}`)
    },
    async close() {
      await browser.close()
      child.kill('SIGINT')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}
