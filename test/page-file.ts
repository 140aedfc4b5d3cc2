/** Pages that are opened from a file: what data stand in them, and the page in a real browser. */
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'

/** The data inside of the text of a page. */
export function dataIn<T>(page: string): T {
  return JSON.parse(/<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)![1]!) as T
}

/** `wrong` takes what breaks in the page, what its policy forbids, and every request but for what is in the file or made by the page itself. */
export async function openFile(browser: Browser, path: string, wrong: string[], address = ''): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(120_000)
  page.on('pageerror', (error) => wrong.push(error.message))
  page.on('console', (line) => line.type() === 'error' && wrong.push(line.text()))
  page.on('request', (asked) => /^(file|data|blob):/.test(asked.url()) || wrong.push(asked.url()))
  await page.goto(pathToFileURL(path).href + address)
  return page
}
