/** The built program's pages in a real browser, for tests. Needs `npm run build`, and Chromium: see `hasBrowser`. */
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { startServer } from './run-program.ts'

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
  /** Another page at what stands behind `#/`, whose clock can be put forward: what it does now and then need not be waited for. */
  openTimed(path: string): Promise<Page>
  close(): Promise<void>
}

export interface HeldRequests {
  /** Addresses of those that the page gave up. */
  readonly givenUp: readonly string[]
  /** Lets these and all later ones pass. */
  release(): void
}

/** Holds the requests of the page whose address matches until they are released. */
export async function holdRequests(page: Page, address: string): Promise<HeldRequests> {
  let letPass = (): void => {}
  const held = new Promise<void>((resolve) => (letPass = resolve))
  const caught = new Set<unknown>()
  const givenUp: string[] = []
  await page.route(address, async (route, request) => {
    caught.add(request)
    await held
    await route.continue()
  })
  page.on('requestfailed', (request) => {
    if (caught.has(request)) givenUp.push(request.url())
  })
  return {
    givenUp,
    release: () => letPass(),
  }
}

/** Serves the runs in `runs` and opens an empty page. What breaks in a page is kept in `errors`. */
export async function servePage(
  runs: string,
  errors: string[],
  { options = [], env = {} }: { readonly options?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ServedPage> {
  const { url: base, stop } = await startServer(['serve', '--runs', runs, ...options], { env })
  const browser = await openBrowser()
  const newPage = async (): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.setDefaultTimeout(120_000)
    page.on('pageerror', (error) => errors.push(error.message))
    return page
  }
  const page = await newPage()
  return {
    page,
    base,
    async open(path = '') {
      await page.goto('about:blank')
      await page.goto(`${base}/#/${path}`)
    },
    async openTimed(path) {
      const timed = await newPage()
      await timed.clock.install()
      await timed.goto(`${base}/#/${path}`)
      return timed
    },
    async close() {
      await browser.close()
      await stop()
    },
  }
}
