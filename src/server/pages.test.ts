/** The pages in a real browser, on the real program. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page, Request } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openFile } from '../../test/page-file.ts'
import { startScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import { hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { writeRichRun } from '../../test/searched.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { exportSite } from './runs/export-site.ts'

const hostile = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
const seed = 2 ** 31 + 5

/** What a model writes is hostile all over, but for a right answer. */
function trajectory(docId: string, sampleIndex: number, right: boolean): Trajectory {
  const search = storedSearch({ seed, right, sampleIndex, thought: hostile })
  return { ...search, problem: { ...search.problem, docId }, ...(!right && { answer: hostile }) }
}

describe.skipIf(!hasBrowser)('the pages', () => {
  let folder: string
  /** Of a model that never answers. */
  let silent: ScriptedEndpoint
  let served: ServedPage
  let page: Page
  let base: string
  const errors: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pages-'))
    const own = storedSearch({ seed, right: true }).problem.docId
    const pair = [0, 1].map((sample) => trajectory(own, sample, sample === 0))
    const others = Array.from({ length: 598 }, (_, index) => trajectory(`other_${index}`, 0, index % 3 === 0))
    const log = jsonLines([...pair, ...others])
    await writeRun(join(folder, 'runs', 'many'), { command: 'eval', maxTurns: 6 }, { 'trajectories.jsonl': log })
    await writeRichRun(join(folder, 'runs', 'rich'))
    silent = await startScriptedEndpoint({ script: () => ({ fault: 'hang' }) })
    const policy = ['--policy', 'chat:test-vlm', '--base-url', silent.baseUrl]
    served = await servePage(join(folder, 'runs'), errors, { options: policy })
    ;({ page, base } = served)
    page.on('request', (asked) => {
      if (!asked.url().startsWith(base) && !asked.url().startsWith('blob:')) errors.push(`asked for ${asked.url()}`)
    })
  })
  afterAll(async () => {
    await served?.close()
    await silent?.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => page.setViewportSize({ width: 1280, height: 900 }))

  const wide = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')

  async function openAsk(policy: 'embedded' | 'chat:test-vlm'): Promise<void> {
    await served.open()
    await page.getByLabel('Search with').selectOption(policy)
  }

  test('ask on a bundled scene to the answer, then replay it by keyboard', async () => {
    await openAsk('embedded')
    await page
      .getByRole('radio', { name: /^easy scene/ })
      .first()
      .check({ force: true })
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.locator('.card .verdict').waitFor()
    await expect.poll(() => page.locator('.question .answer dd').innerText()).toMatch(/^\d [✓✕]$/)
    const turns = await page.locator('.turns .card .number').count()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.locator('output').innerText()).toBe(`turn 1 of ${turns}`)
    await expect.poll(() => page.locator('.card.now .number').innerText()).toBe('1')
    await expect.poll(() => page.locator('.node.now').getAttribute('data-turn')).toBe('1')
    await page.keyboard.press('End')
    await page.waitForURL(new RegExp(`turn=${turns}$`))
    await page.keyboard.press('Home')
    await page.keyboard.press(' ')
    await page.locator('.card.now').waitFor()
    // The address holds the place.
    await page.keyboard.press('End')
    await page.waitForURL(new RegExp(`turn=${turns}$`))
    await page.reload()
    await page.getByText(`turn ${turns} of ${turns}`).waitFor()
  })

  test('a search that is stopped says so, and waits for nothing', async () => {
    await openAsk('chat:test-vlm')
    await page.getByLabel('Searches').fill('8')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.locator('.card.start').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Stopped before it was finished.').waitFor()
    await expect.poll(() => page.locator('.waiting').count()).toBe(0)
    await expect.poll(() => page.locator('.question').innerText()).not.toContain('searching')
    // Each search tells its end for itself.
    await expect.poll(() => page.locator('.group').innerText()).not.toContain('…')
  })

  test('what is wrong is said in place', async () => {
    await openAsk('embedded')
    await page.getByLabel('Question').fill('  ')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await expect.poll(() => page.getByRole('alert').innerText()).toBe('Type a question first.')
    await page.getByLabel('Question').fill('What is this?')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByRole('alert').getByText('only knows generated scenes').waitFor()
    await page.setInputFiles('input[type=file]', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no') })
    await page.getByText('is not a picture that can be read').waitFor()
    await served.open('run/nowhere')
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('no such run')
  })

  test('what is asked of the form last is what counts, also if an answer comes late', async () => {
    const given = (path: string) =>
      page.waitForEvent('requestfailed', (request) => request.method() === 'POST' && request.url().endsWith(path))
    let asked = 0
    await page.route('**/api/pictures', () => {})
    await page.route('**/api/asks', async (route) => {
      if (route.request().method() === 'POST') asked++
      else await route.continue()
    })
    await openAsk('chat:test-vlm')
    const upload = page.locator('input[type=file]')
    const opening = given('/api/pictures')
    await upload.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('slow') })
    await page.getByRole('button', { name: 'Opening the picture …' }).waitFor()
    // The same file can be chosen again, and what is opened is not asked about before it is there.
    expect(await upload.inputValue()).toBe('')
    await page.getByLabel('Question').press('Control+Enter')
    await page
      .getByRole('radio', { name: /^hard scene/ })
      .first()
      .check({ force: true })
    await opening
    expect(asked).toBe(0)
    const asking = given('/api/asks')
    for (let n = 0; n < 2; n++) await page.getByLabel('Question').press('Control+Enter')
    await page.getByRole('button', { name: 'Asking …' }).waitFor()
    await page.getByRole('link', { name: 'Runs' }).click()
    await asking
    expect(asked).toBe(1)
    await page.getByRole('heading', { name: 'Runs' }).waitFor()
    await page.unroute('**/api/pictures')
    await page.unroute('**/api/asks')
  })

  test('a text can be dragged and pasted into the question; only files are dropped anywhere', async () => {
    await openAsk('embedded')
    const happened = await page.evaluate(`(() => {
      const field = document.querySelector('.ask textarea')
      const dataTransfer = new DataTransfer()
      dataTransfer.setData('text/plain', 'What is this?')
      const options = { bubbles: true, cancelable: true, dataTransfer }
      field.dispatchEvent(new DragEvent('dragleave', { ...options, relatedTarget: field.parentElement }))
      return field.dispatchEvent(new DragEvent('drop', options))
    })()`)
    expect(happened).toBe(true)
    // As a table program copies a cell.
    await page.evaluate(`{
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', 'What is this?')
      clipboardData.items.add(new File(['cell'], 'cell.png', { type: 'image/png' }))
      document.querySelector('.ask textarea').dispatchEvent(new ClipboardEvent('paste', { bubbles: true, clipboardData }))
    }`)
    expect(await page.locator('.go').innerText()).toBe('Search')
    await expect.poll(() => page.locator('.pick legend').innerText()).toContain('Picture: choose one')
  })

  test('a run of 600 searches: few rows at a time, filters, and text of a model is text', async () => {
    await served.open('runs')
    await page.getByRole('link', { name: 'many' }).click()
    await page.getByText('600 of 600 searches').waitFor()
    await expect.poll(() => page.locator('.virtual tbody tr').count()).toBeLessThan(60)
    await page.getByRole('region', { name: 'Searches' }).press('End')
    await page.getByRole('link', { name: 'other_597' }).waitFor()
    await page.getByLabel('Verdict').selectOption('wrong')
    await page.getByText('399 of 600 searches').waitFor()
    await expect.poll(() => page.locator('.charts img').first().getAttribute('alt')).toContain('Accuracy by turn limit')
    await page.getByLabel('Words').fill('easy')
    await page.getByRole('link', { name: /easy_/ }).first().click()
    await page.locator('.card .thought').waitFor()
    await expect.poll(() => page.locator('.card .thought').innerText()).toBe(hostile)
    expect(await page.evaluate('window.pwned')).toBeUndefined()
  })

  test('two searches for one problem stand side by side, without the list of all searches', async () => {
    const asked: string[] = []
    const note = (request: Request): unknown => asked.push(new URL(request.url()).pathname)
    page.on('request', note)
    await served.open('run/many/0')
    await page.getByRole('button', { name: 'all 2 side by side' }).click()
    await page.locator('.notes-panel').waitFor()
    page.off('request', note)
    expect(asked).toContain('/api/runs/many/items/0/group')
    expect(asked).not.toContain('/api/runs/many')
    await page.locator('.side-by-side .canvas').nth(1).waitFor()
    await page.keyboard.press('j')
    await expect.poll(() => page.locator('.side-by-side .node.now').count()).toBe(2)
    await page.keyboard.press('c')
    await page.locator('.turns').waitFor()
  })

  test('an address that leads nowhere says so', async () => {
    await served.open('nowhere')
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('no such page')
  })

  test('a run as files opens from a file, and replays there', async () => {
    const site = join(folder, 'site')
    const { page: index } = await exportSite(join(folder, 'runs', 'rich'), site, {
      limit: 5,
      signal: new AbortController().signal,
    })
    const wrong: string[] = []
    const files = await openFile(page.context().browser()!, index, wrong)
    await files.getByText('2 of 2 searches').waitFor()
    await expect.poll(() => files.locator('.scores').innerText()).toMatch(/Avg@1, %/)
    const chart = files.getByRole('img', { name: /^Accuracy by turn limit/ })
    await expect
      .poll(() => chart.evaluate((one) => (one as unknown as { naturalWidth: number }).naturalWidth))
      .toBe(720)
    await files.getByRole('combobox', { name: /^End/ }).selectOption('over-turn')
    await files.getByText('1 of 2 searches').waitFor()
    await files.getByRole('button', { name: 'show all' }).click()
    // Each row leads to its own search.
    await files.locator('.virtual tbody a').nth(1).click()
    await files.locator('.canvas').waitFor()
    await expect.poll(() => files.locator('.group [aria-pressed=true]').innerText()).toContain('search 2')
    await files.keyboard.press('x')
    await expect.poll(() => files.locator('.card > details[open]').count()).toBe(0)
    await files.keyboard.press('x')
    await files.keyboard.press('ArrowRight')
    await expect.poll(() => files.locator('.card.now').getAttribute('data-turn')).toBe('1')
    const shown = await files
      .locator('.card img')
      .evaluateAll((all) => all.map((one) => (one as unknown as { naturalWidth: number }).naturalWidth))
    expect(Math.min(...shown)).toBeGreaterThan(0)
    expect(wrong).toEqual([])
    await files.close()
  })

  test('a phone: nothing is wider than the screen; dark follows the system', async () => {
    await page.setViewportSize({ width: 380, height: 800 })
    for (const path of ['', 'runs', 'run/many', 'run/many/0', 'run/rich/0', 'run/rich/0?compare=1']) {
      await served.open(path)
      await page.locator('h2').waitFor()
      expect([path, await wide()]).toEqual([path, 0])
    }
    const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    await page.emulateMedia({ colorScheme: 'light' })
    const light = await ground()
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await ground()).not.toBe(light)
  })

  test('all this without an error, and without a request to anywhere else', () => {
    expect(errors).toEqual([])
  })
})
