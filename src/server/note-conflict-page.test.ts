/** A comment that somebody else changed while another was typed, in a real browser. Needs `npm run build`, and Chromium; skipped without. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'

describe.skipIf(!hasBrowser)('a comment that was changed elsewhere since typing began', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  const errors: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'note-conflict-'))
    const log = jsonLines([1, 2, 3, 4].map((seed) => storedSearch({ seed, right: true })))
    await writeRun(join(folder, 'a'), { command: 'eval', maxTurns: 8 }, { 'trajectories.jsonl': log })
    served = await servePage(folder, errors)
    page = served.page
  }, 240_000)
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const field = () => page.locator('.comment textarea')
  const stored = async (): Promise<string[]> =>
    (await readFile(join(folder, 'a', 'notes.jsonl'), 'utf8').catch(() => ''))
      .split('\n')
      .filter(Boolean)
      .map((line) => String((JSON.parse(line) as { readonly comment?: string }).comment))
  /** Another client saves a comment. */
  const saveElsewhere = async (index: number, comment: string): Promise<void> => {
    const { log } = (await (await fetch(`${served.base}/api/runs/a`)).json()) as { readonly log: string }
    const response = await fetch(`${served.base}/api/runs/a/items/${index}/note`, {
      method: 'POST',
      body: JSON.stringify({ log, change: { comment } }),
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status).toBe(200)
  }
  /** Types a comment, which another client overtakes before it is saved. */
  const overtaken = async (index: number, mine: string, theirs: string): Promise<void> => {
    await served.open(`run/a/${index}`)
    await field().fill(mine)
    await saveElsewhere(index, theirs)
    await field().press('Escape')
    const alert = page.getByRole('alert').filter({ hasText: 'another comment was saved' })
    await alert.getByText(theirs).waitFor()
    expect(await field().inputValue()).toBe(mine)
    expect((await stored()).at(-1)).toBe(theirs)
  }

  test('is shown beside what was typed, over a reload too, and both can be kept', async () => {
    await overtaken(0, 'mine', 'theirs')
    await page.reload()
    await page.getByRole('button', { name: 'save both' }).waitFor()
    expect(await field().inputValue()).toBe('mine')
    expect(await stored()).toEqual(['theirs'])
    await page.getByRole('button', { name: 'save both' }).click()
    await expect.poll(stored).toEqual(['theirs', 'theirs\nmine'])
    await expect.poll(() => page.getByRole('alert').count()).toBe(0)
    await page.reload()
    await expect.poll(() => field().inputValue()).toBe('theirs\nmine')
  }, 240_000)

  test.each([
    [1, 'save mine', 'mine'],
    [2, 'keep the other', 'theirs'],
  ])(
    'at search %i: %s',
    async (index, choice, left) => {
      await overtaken(index, 'mine', 'theirs')
      await page.getByRole('button', { name: choice }).click()
      await expect.poll(() => page.getByRole('alert').count()).toBe(0)
      await expect.poll(() => field().inputValue()).toBe(left)
      await expect.poll(async () => (await stored()).at(-1)).toBe(left)
      await page.reload()
      await expect.poll(() => field().inputValue()).toBe(left)
    },
    240_000,
  )

  test('is not replaced by taking back the own one', async () => {
    await served.open('run/a/3')
    await field().fill('mine')
    await field().press('Escape')
    const undo = page.getByRole('button', { name: 'undo' })
    await undo.waitFor()
    await saveElsewhere(3, 'theirs')
    await undo.click()
    await page.getByRole('alert').getByText('The comment of this search was changed meanwhile').waitFor()
    expect((await stored()).at(-1)).toBe('theirs')
    await expect.poll(() => field().inputValue()).toBe('theirs')
    expect(errors).toEqual([])
  }, 240_000)
})
