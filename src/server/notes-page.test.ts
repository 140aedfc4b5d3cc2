/** Notes on the pages of a run in a real browser, on the real program. Needs `npm run build`, and Chromium; skipped without. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProgram } from '../../test/run-program.ts'
import { hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'

const hostile = '<img src=x onerror="window.pwned=1">'

describe.skipIf(!hasBrowser)('notes on the pages', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  let errors: string[]
  const run = (name: string): string => join(folder, 'runs', name)

  beforeEach(async () => {
    errors = []
    folder = await mkdtemp(join(tmpdir(), 'notes-page-'))
    for (const name of ['a', 'b']) {
      const searches = [0, 1, 2, 3].map((index) =>
        storedSearch({ seed: Math.floor(index / 2), sampleIndex: index % 2, right: index === 0 }),
      )
      await writeRun(run(name), { command: 'eval', maxTurns: 8 }, { 'trajectories.jsonl': jsonLines(searches) })
    }
    served = await servePage(join(folder, 'runs'), errors)
    page = served.page
  }, 120_000)
  afterEach(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
    if (errors.length > 0) throw new Error(errors.join('\n'))
  })

  const press = (key: string): Promise<void> => page.keyboard.press(key)
  const pressed = (name: string | RegExp) => page.locator('.notes-panel').getByRole('button', { name, pressed: true })
  const tags = (): Promise<string[]> => page.locator('.notes-panel .tag bdi').allInnerTexts()
  const stored = async (): Promise<string[]> =>
    (await readFile(join(run('a'), 'notes.jsonl'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

  test('are taken, corrected and taken back by keys alone, and are in the table and the figures', async () => {
    await served.open('run/a/1')
    await page.locator('.notes-panel').waitFor()
    await press('s')
    await pressed(/star/).waitFor()
    await press('g')
    await page.keyboard.type('label')
    await press('Enter')
    await expect.poll(tags).toEqual(['label'])
    await page.keyboard.type(hostile)
    await press('Enter')
    await expect.poll(tags).toEqual([hostile, 'label'])
    await press('Escape')
    await press('v')
    await pressed('right').waitFor()
    await page.locator('.question').getByText('corrected by hand, judged wrong').waitFor()
    await press('n')
    await page.keyboard.type('It is 9.')
    await press('Escape')
    await page.getByRole('button', { name: 'undo' }).waitFor()
    await expect.poll(async () => (await stored()).length).toBe(5)
    await press('u')
    await expect.poll(() => page.locator('.comment textarea').inputValue()).toBe('')
    await press('u')
    await pressed('as judged').waitFor()
    await press('v')
    await pressed('right').waitFor()
    await press('?')
    await page.getByText('correct the verdict: right, wrong, as judged').waitFor()

    await served.open('run/a')
    await page.getByText('Verdicts corrected by hand').waitFor()
    const row = page.locator('.virtual tr[data-row="1"]')
    await expect.poll(() => row.innerText()).toContain('★')
    await expect.poll(() => row.innerText()).toContain(`${hostile}, label`)
    await row.getByRole('img', { name: 'corrected by hand, judged wrong' }).waitFor()
    await expect.poll(() => page.locator('.scores dd').first().innerText()).toMatch(/^50\.0/)
    await page.getByLabel('Filter', { exact: true }).fill('starred and tag:label and corrected')
    await page.getByText('1 of 4 searches').waitFor()
    expect(await page.evaluate('window.pwned')).toBeUndefined()
  }, 120_000)

  test('of one page are seen by another, in the comparison of two runs too', async () => {
    const first = await served.openTimed('run/a/1')
    await first.locator('.notes-panel').waitFor()
    await first.keyboard.press('s')
    await first.locator('.notes-panel button.star[aria-pressed=true]').waitFor()
    await served.open('run/a/1')
    await pressed(/star/).waitFor()
    await press('v')
    await pressed('right').waitFor()
    // The first page asks again by itself, every ten seconds.
    await first.clock.fastForward(10_000)
    await first.locator('.notes-panel').getByRole('button', { name: 'right', pressed: true }).waitFor()
    await first.close()
    await served.open('diff/a/b/1/1')
    await page.locator('.side-by-side .note-line').getByRole('img', { name: 'starred' }).waitFor()
    await press('2')
    await press('v')
    await pressed('right').waitFor()
    await served.open('diff/a/b')
    await page.getByText('1 and 1').waitFor()
  }, 120_000)

  test('of a search that is left while its comment is typed stay with it', async () => {
    await served.open('run/a/0')
    await page.locator('.group button').nth(1).waitFor()
    await press('n')
    await page.keyboard.type('Of the first.')
    // The other search for the same problem, as by the back button: the field is left by no click.
    await page.evaluate('location.hash = "#/run/a/1"')
    await page.locator('.group [aria-pressed=true]').getByText('2', { exact: true }).waitFor()
    await expect.poll(() => page.locator('.comment textarea').inputValue()).toBe('')
    await page.evaluate('location.hash = "#/run/a/0"')
    await expect.poll(() => page.locator('.comment textarea').inputValue()).toBe('Of the first.')
    await press('n')
    await page.keyboard.press('Control+Enter')
    await expect.poll(async () => (await stored()).length).toBeGreaterThan(0)
    const samples = (await stored()).map(
      (line) => (JSON.parse(line) as { readonly search: { readonly sampleIndex: number } }).search.sampleIndex,
    )
    expect(new Set(samples)).toEqual(new Set([0]))
  }, 120_000)

  test('that cannot be stored are told, and what was typed is kept over a reload', async () => {
    await mkdir(join(run('a'), 'notes.jsonl'))
    await served.open('run/a/1')
    await page.locator('.notes-panel').waitFor()
    await press('n')
    await page.keyboard.type('A long thought.')
    await press('Escape')
    await page
      .getByRole('alert')
      .getByText(/Not saved: .*notes\.jsonl cannot be written/)
      .waitFor()
    await rm(join(run('a'), 'notes.jsonl'), { recursive: true })
    await page.reload()
    await expect.poll(() => page.locator('.comment textarea').inputValue()).toBe('A long thought.')
    await press('n')
    await page.keyboard.press('Control+Enter')
    await expect.poll(stored).toEqual([expect.stringContaining('"comment":"A long thought."')])
  }, 120_000)

  test.each([380, 800])(
    'leave the picture in sight at %i pixels, light and dark',
    async (width) => {
      await served.open('run/a/1')
      await page.locator('.notes-panel').waitFor()
      for (const tag of ['label', 'misread', 'a rather long tag of many words']) {
        await press('g')
        await page.keyboard.type(tag)
        await press('Enter')
        await expect.poll(async () => (await tags()).includes(tag)).toBe(true)
        await press('Escape')
      }
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 900 })
        await expect
          .poll(() => page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth'))
          .toBe(true)
        await expect.poll(async () => (await page.locator('.canvas').first().boundingBox())!.y).toBeLessThan(450)
      }
    },
    120_000,
  )

  test('are in an exported page, which says how to edit them', async () => {
    const note = ['note', run('a'), '--problem', storedSearch({ seed: 0, right: true }).problem.docId]
    const words = ['--sample', '2', '--star', '--tag', 'seen', '--verdict', 'right', '--comment', hostile]
    expect((await startProgram([...note, ...words]).ended).code).toBe(0)
    const site = join(folder, 'site')
    expect((await startProgram(['view', run('a'), '--export', site]).ended).code).toBe(0)
    await page.goto(pathToFileURL(join(site, 'index.html')).href)
    const row = page.locator('.virtual tr[data-row="1"]')
    await expect.poll(() => row.innerText()).toContain('seen')
    await page.getByText('Verdicts corrected by hand').waitFor()
    await row.getByRole('link').click()
    const line = page.locator('.note-line').first()
    await line.getByText('To edit notes: mini-o3 view').waitFor()
    expect(await line.innerText()).toContain(hostile)
    await page.locator('.question').getByText('corrected by hand, judged wrong').waitFor()
    expect(await page.locator('.notes-panel').count()).toBe(0)
    expect(await page.evaluate('window.pwned')).toBeUndefined()
  }, 120_000)
})
