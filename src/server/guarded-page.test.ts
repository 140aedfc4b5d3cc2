/** The page beyond this machine, in a real browser on the real program. Needs `npm run build`, and Chromium; skipped without. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { firstLine, startProgram } from '../../test/run-program.ts'
import { hasBrowser, openBrowser } from '../../test/served-page.ts'
import { drawScene } from '../probe/draw.ts'
import { makeProblem } from '../probe/problem.ts'
import { makeScene } from '../probe/scene.ts'
import { dataUrl, encodeJpeg } from '../vision/encode.ts'

const token = 'a secret/of & mine'
const scene = makeScene(4, 'easy')
const { question } = makeProblem(scene)

// One visit, test after test.
describe.skipIf(!hasBrowser)('the page with a token', { shuffle: false }, () => {
  let started: ReturnType<typeof startProgram>
  let browser: Browser
  let page: Page
  let base: string
  let jpeg: Uint8Array
  const errors: string[] = []

  beforeAll(async () => {
    jpeg = await encodeJpeg(drawScene(scene, [0, 0, 1, 1], { width: 768, height: 768 }))
    const options = ['--host', '0.0.0.0', '--port', '0']
    started = startProgram(['serve', ...options], { env: { MINI_O3_TOKEN: token } })
    const line = await firstLine(started)
    base = `http://127.0.0.1:${/:(\d+)\/\?token=<MINI_O3_TOKEN> in a browser/.exec(line)![1]}`
    browser = await openBrowser()
    page = await browser.newPage()
    page.setDefaultTimeout(120_000)
    page.on('pageerror', (error) => errors.push(error.message))
  })
  afterAll(async () => {
    await browser?.close()
    started.child.kill('SIGINT')
    await started.ended
  })

  /** As from a file manager. */
  async function drop(name: string, type: string, bytes: Uint8Array): Promise<void> {
    const encoded = Buffer.from(bytes).toString('base64')
    const content = `Uint8Array.from(atob('${encoded}'), (one) => one.charCodeAt(0))`
    const file = `new File([${content}], '${name}', { type: '${type}' })`
    const make = `(() => { const dropped = new DataTransfer(); dropped.items.add(${file}); return dropped })()`
    await page.dispatchEvent('fieldset.pick', 'drop', { dataTransfer: await page.evaluateHandle(make) })
  }

  test('stays closed without the token, and says how to open it', async () => {
    for (const path of ['/', '/?token=guessed', '/api/setup', '/api/pictures/scene-1/region']) {
      const response = await page.goto(base + path)
      expect([path, response!.status()]).toEqual([path, 401])
    }
    await expect.poll(() => page.innerText('body')).toContain('open /?token=<MINI_O3_TOKEN> at this address once')
  })

  test('opens with it, and forgets it: pictures, uploads and news come by the cookie', async () => {
    await page.goto(`${base}/?token=${encodeURIComponent(token)}#/`)
    await page.locator('img.chosen').waitFor()
    expect(page.url()).toBe(`${base}/#/`)
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    expect(cookie!.value).not.toContain(encodeURIComponent(token))
    await drop('notes.txt', 'text/plain', Buffer.from('Buy milk.'))
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('notes.txt is not a picture')
    await drop('scene.jpg', 'image/jpeg', jpeg)
    await page.getByAltText('Your picture').waitFor()
    await page.getByLabel('Question').fill(question)
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByText('What the policy saw').first().waitFor()
    await page.locator('.going').waitFor({ state: 'detached' })
    await expect.poll(() => page.locator('.question .answer dd').innerText()).toMatch(/^\d/)
  })

  test('the link of a completion opens the page of its search', async () => {
    const content = [
      { type: 'image_url', image_url: { url: dataUrl(jpeg, 'jpeg') } },
      { type: 'text', text: question },
    ]
    const response = await fetch(`${base}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ model: 'search:embedded', messages: [{ role: 'user', content }] }),
    })
    const found = (await response.json()) as { mini_o3: { page: string; turns: number } }
    await page.goto(found.mini_o3.page)
    await page.getByRole('heading', { name: question }).waitFor()
    await page.locator('.turns .card .number').first().waitFor()
    await expect.poll(() => page.locator('.turns .card .number').count()).toBe(found.mini_o3.turns)
    const seen = '[...document.images].some((one) => one.src.includes("/view?") && one.naturalWidth > 0)'
    await expect.poll(() => page.evaluate(seen)).toBe(true)
  })

  test('all this without an error, and the token was never printed', () => {
    expect(errors).toEqual([])
    expect(started.said.stdout + started.said.stderr).not.toContain(token)
  })
})
