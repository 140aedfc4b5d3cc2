/** One Chromium for all test files of a run, started when the first asks for it: a start costs more than most tests that use it. For vitest. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import type { BrowserServer } from 'playwright-core'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the address of the browser. */
    readonly askForBrowser: string
  }
}

export const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<BrowserServer> | undefined
  const asked = createServer((_, response) => {
    started ??= chromium.launchServer({ executablePath: browserPath, args: ['--no-sandbox'], timeout: 120_000 })
    started.then(
      (browser) => response.end(browser.wsEndpoint()),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await once(asked.listen(0, '127.0.0.1'), 'listening')
  const { port } = asked.address() as AddressInfo
  project.provide('askForBrowser', `http://127.0.0.1:${port}`)
  return async () => {
    asked.close()
    await (await started)?.close()
  }
}
