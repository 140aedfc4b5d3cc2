/**
 * A model that runs in the program, on the page: downloaded from a hub, stopped half way and gone on with, then searched with. Real browser,
 * real program, real llama.cpp; the hub is played, and the model is tiny. Needs `npm run build`, and Chromium; skipped without.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPlayedHub } from '../../test/played-hub.ts'
import type { PlayedHub } from '../../test/played-hub.ts'
import { hasBrowser, servePage } from '../../test/served-page.ts'
import type { ServedPage } from '../../test/served-page.ts'
import { writeTinyGguf } from '../../test/tiny-gguf.ts'
import { knownModels } from '../hub/known-models.ts'
import { encodeJpeg } from '../vision/encode.ts'

const slowMs = 240_000
const known = knownModels[0]!
const policy = `local:${known.name}`
/** Of whatever picture, so that it passes for one that sees. */
const answer = 'It is blue or yellow. <answer>seven</answer>'

describe.skipIf(!hasBrowser)('a local model on the page', () => {
  let folder: string
  let hub: PlayedHub
  let served: ServedPage
  let page: Page
  let weights: number
  const errors: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'local-page-'))
    const tiny = await writeTinyGguf(folder, { begin: [answer], [answer]: ['end'] })
    const files = {
      [`Tiny-${known.quant}.gguf`]: await readFile(tiny.model),
      'mmproj-Tiny-F16.gguf': await readFile(tiny.mmproj),
    }
    weights = files[`Tiny-${known.quant}.gguf`]!.length
    hub = await startPlayedHub({ [known.repository]: { files, licence: known.licence } })
    const env = { MINI_O3_PORTS: '', HF_HOME: join(folder, 'home'), HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: '' }
    served = await servePage(join(folder, 'runs'), errors, { env })
    ;({ page } = served)
    await served.open()
  }, slowMs)
  afterAll(async () => {
    await served?.close()
    await hub?.close()
    await rm(folder, { recursive: true, force: true })
  }, slowMs)

  const row = () => page.locator('.connecting li').first()
  const listed = () => page.locator('.models li').filter({ hasText: known.title })
  const download = () => page.getByRole('button', { name: new RegExp(`: ${policy}$`) })

  test(
    'its download shows how far it is, and can be cancelled',
    async () => {
      hub.behave(({ at }) => (at === 'store' ? { hangs: true, cutAfter: 20_000 } : undefined))
      await page.getByRole('button', { name: 'Connect a model', exact: true }).click()
      await expect.poll(() => download().innerText()).toContain('Download')
      await download().click()
      await row().locator('progress').waitFor()
      await expect.poll(async () => Number(await row().locator('progress').getAttribute('value'))).toBeGreaterThan(0)
      expect(Number(await row().locator('progress').getAttribute('max'))).toBeGreaterThan(weights)
      await expect.poll(() => row().innerText()).toMatch(/\b[1-9][\d.]* (kB|MB) of [1-9][\d.]* (kB|MB)\b/)
      await listed().getByText('Downloading …').waitFor()
      await expect.poll(() => listed().innerText()).not.toContain('downloads')
      await expect.poll(() => row().innerText()).toContain(`licence ${known.licence}`)
      await row().getByRole('button', { name: 'Cancel' }).click()
      await row().getByText('Cancelled.').waitFor()
      await expect.poll(() => download().isEnabled()).toBe(true)
      await expect.poll(() => listed().innerText()).toContain('downloads')
    },
    slowMs,
  )

  test(
    'begun again, it goes on where it stopped; the model is tried with pictures, and can be asked',
    async () => {
      hub.behave(() => undefined)
      await download().click()
      await page.locator('.connecting .connected').getByText('It accepts pictures').waitFor()
      const resumed = hub.asked.filter(({ at, from }) => at === 'store' && from > 0)
      expect(resumed.length).toBeGreaterThan(0)
      await expect.poll(() => page.getByLabel('Search with').inputValue()).toBe(policy)
      await listed().getByText('on this machine').waitFor()
      await listed()
        .getByRole('button', { name: `Connected: ${policy}` })
        .waitFor()
      const lefts = await page.locator('.models li > span').evaluateAll((all) => all.map((one) => one.offsetLeft))
      expect(lefts.length).toBeGreaterThan(1)
      expect(new Set(lefts).size).toBe(1)
      await page.getByText(`It zooms in the format of ${known.profile}.`).waitFor()
    },
    slowMs,
  )

  test(
    'of three pictures one is removed; it answers a question about the other two',
    async () => {
      const jpegs = await Promise.all(
        [60, 200, 60].map((level) =>
          encodeJpeg({ width: 90, height: 60, data: new Uint8Array(90 * 60 * 3).fill(level) }),
        ),
      )
      const chosen = jpegs.map((bytes, at) => ({
        name: `${at}.jpg`,
        mimeType: 'image/jpeg',
        buffer: Buffer.from(bytes),
      }))
      await page.locator('input[type=file]').setInputFiles(chosen)
      const figures = page.locator('.pick figure')
      await expect.poll(() => figures.count()).toBe(3)
      // The caption stands below its picture, not behind it.
      const below = await figures.first().evaluate((figure) => {
        const [image, caption] = [...figure.querySelectorAll('img, figcaption')].map((one) =>
          one.getBoundingClientRect(),
        )
        return caption.top - image.bottom
      })
      expect(below).toBeGreaterThanOrEqual(0)
      const sources = () => figures.locator('img').evaluateAll((all) => all.map((one) => one.getAttribute('src')))
      const [dark, bright] = await sources()
      await page.getByRole('button', { name: 'Remove original_image_1' }).click()
      await expect.poll(sources).toEqual([bright, dark])
      await page.getByText('original_image_2', { exact: true }).waitFor()
      await page.getByLabel('Question').fill('Which one is brighter?')
      await page.getByRole('button', { name: 'Search', exact: true }).click()
      await page.locator('.verdict').getByText('seven').waitFor()
      await page.getByRole('group', { name: 'Pictures of the question' }).getByRole('button').nth(1).click()
    },
    slowMs,
  )

  test('nothing broke in the page', () => {
    expect(errors).toEqual([])
  })
})
