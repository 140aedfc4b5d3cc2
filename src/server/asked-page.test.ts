/** Asks and the runs that keep them, in a real browser on the real program. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import type { AskStarted, Setup } from './api/types.ts'

describe.skipIf(!hasBrowser)('asks', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  const errors: string[] = []
  const ids: string[] = []
  let own = ''
  const other = 'Which digit is on the blue star?'

  const ask = async (question: string, samples: number, picture: string): Promise<string> => {
    const body = JSON.stringify({ picture, question, policy: 'embedded', maxTurns: 2, samples })
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    const { id } = (await (await fetch(`${served.base}/api/asks`, sent)).json()) as AskStarted
    return id
  }

  /** The same question twice about one picture, once with three searches, then another one about the same. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asked-'))
    served = await servePage(join(folder, 'runs'), errors, { options: ['--keep'] })
    page = served.page
    const [scene] = ((await (await fetch(`${served.base}/api/setup`)).json()) as Setup).scenes
    own = scene!.question
    for (const [question, samples] of [
      [own, 1],
      [own, 3],
      [other, 1],
    ] as const) {
      const id = await ask(question, samples, scene!.id)
      ids.push(id)
      // One after the other, so that the log has them in this order: the stream ends with the ask.
      await (await fetch(`${served.base}/api/asks/${id}/events`)).text()
    }
  }, 180_000)
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('are numbered in the list of recent questions, with their searches and what these came to', async () => {
    await served.open()
    const rows = page.locator('.recent li')
    await expect.poll(() => rows.getByRole('link').allInnerTexts()).toEqual([`3 ${other}`, `2 ${own}`, `1 ${own}`])
    expect(await rows.locator('.by').allInnerTexts()).toEqual(['embedded', 'embedded, 3 searches', 'embedded'])
    await rows.getByRole('button', { name: 'Same picture as ask 2' }).waitFor()
    await rows.getByRole('link', { name: `2 ${own}` }).click()
    await page.getByText('Ask 2, kept as part of a run').waitFor()
    await expect.poll(() => page.title()).toBe('Ask 2 - mini-o3')
    expect(page.url()).toContain(ids[1])
    await expect.poll(() => page.getByRole('button', { name: /^[123] / }).count()).toBe(3)
  })

  test('stand in their run one by one, none behind another, with their pictures', async () => {
    await served.open(`ask/${ids[2]}`)
    await page.getByRole('link', { name: 'part of a run' }).click()
    await page.getByText(', ask 3 of embedded').waitFor()
    const widthOf = (image: unknown): number => (image as { naturalWidth: number }).naturalWidth
    await expect.poll(() => page.locator('.picture .layer').first().evaluate(widthOf)).toBeGreaterThan(0)
    await page.getByRole('navigation').getByRole('link', { name: 'Runs' }).click()
    const row = page.locator('.virtual tbody tr[data-row]')
    await row.getByText(`${own} and 1 more`).waitFor()
    await row.getByRole('link').click()
    await page.getByText('5 of 5 searches').waitFor()
    const asks = page.locator('.virtual tbody th a')
    expect((await asks.allInnerTexts()).toSorted()).toEqual(['1', '2', '2 #2', '2 #3', '3'])
    await page.getByLabel('one row per ask').check()
    await expect.poll(async () => (await asks.allInnerTexts()).toSorted()).toEqual(['1', '2', '3'])
    await page.getByRole('combobox', { name: 'Filter' }).fill('ask = 2')
    await page.getByText('1 of 3 asks').waitFor()
    expect(errors).toEqual([])
  })
})
