/** A search about two pictures as a page and as a figure. Needs `npm run build`, and Chromium: the page is skipped where there is none. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFile } from '../../test/page-file.ts'
import { hasBrowser, openBrowser } from '../../test/served-page.ts'
import { twoPictures } from '../../test/two-pictures.ts'
import type { TwoPictures } from '../../test/two-pictures.ts'
import { pictured } from '../protocol/originals.ts'
import { layoutOf } from './figure/figure.ts'
import { writeSearchFile } from './search-file.ts'
import { writePage } from './write-page.ts'

let folder: string
let two: TwoPictures
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'two-'))
  two = await twoPictures()
})
afterAll(() => rm(folder, { recursive: true }))

test.skipIf(!hasBrowser)(
  'the page follows the turns from picture to picture, and shows the one that is chosen',
  { timeout: 120_000 },
  async () => {
    const { trajectory, pictures, profile } = two
    const file = join(folder, 'page.html')
    await writePage(file, 'Two', [{ title: 'search', trajectory, profile, ...pictured(pictures) }])
    const browser = await openBrowser()
    const wrong: string[] = []
    try {
      const page = await openFile(browser, file, wrong, '#/search/1?turn=1')
      const bar = page.getByRole('group', { name: 'Pictures of the question' })
      const pressed = () => bar.locator('[aria-pressed=true]').innerText()
      const boxes = () => page.locator('.canvas .box').count()
      await page.locator('.canvas .box').first().waitFor()
      await expect.poll(pressed).toContain('original_image_2')
      await expect.poll(boxes).toBe(2)
      await page.keyboard.press('End')
      await bar.getByRole('button', { name: 'original_image_1', pressed: true }).waitFor()
      await expect.poll(boxes).toBe(1)
      await bar.getByRole('button', { name: 'original_image_2' }).click()
      await bar.getByRole('button', { name: 'original_image_2', pressed: true }).waitFor()
      await expect.poll(boxes).toBe(2)
      const captions = await page.locator('.tree .caption').allTextContents()
      const names = captions.map((text) => text.trim()).filter((text) => /original|obs/.test(text))
      expect(names).toEqual(['original 1', 'original 2', 'obs. 1', 'obs. 2', 'obs. 3'])
      expect(await page.locator('.turns').innerText()).toContain('Looks into original 2')
      const seen = await page.locator('img').evaluateAll((all) =>
        Promise.all(
          (all as unknown as { decode(): Promise<void>; naturalWidth: number }[]).map(async (one) => {
            await one.decode()
            return one.naturalWidth
          }),
        ),
      )
      expect(Math.min(...seen)).toBeGreaterThan(0)
      expect(wrong).toEqual([])
    } finally {
      await browser.close()
    }
  },
)

test('the figure has both pictures, each with its boxes', async () => {
  const { trajectory, pictures } = two
  const { originals, arrows } = layoutOf(trajectory)
  expect(originals).toHaveLength(2)
  const [first, second] = originals as [(typeof originals)[0], (typeof originals)[0]]
  expect(second.y).toBeGreaterThan(first.y + first.height)
  const inside = arrows.map(({ from }) => originals.findIndex((at) => from.y >= at.y && from.y < at.y + at.height))
  expect([arrows.length, inside[0], inside[2]]).toEqual([3, 1, 0])
  const file = join(folder, 'figure.svg')
  await writeSearchFile(file, trajectory, pictures)
  const svg = await readFile(file, 'utf8')
  for (const text of ['Original 1', 'Original 2', 'Observation 3', '640 × 480, 400 × 600']) expect(svg).toContain(text)
})
