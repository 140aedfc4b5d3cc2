/** The filter field and the training sets of the page in a real browser. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdRequests, hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import { readFilter } from '../protocol/filter/filter.ts'
import { exportSite } from './runs/export-site.ts'

describe.skipIf(!hasBrowser)('the filter of a run', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  const errors: string[] = []
  const runs = (...names: string[]): string => join(folder, 'runs', ...names)

  /** 40 searches of 1 to 8 turns, of which every fourth is right; every tenth thinks of a café. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'filter-page-'))
    const searches = Array.from({ length: 40 }, (_, index) =>
      storedSearch({
        seed: index,
        right: index % 4 === 0,
        turns: 1 + (index % 8),
        thought: index % 10 === 1 ? 'Is it the CAFÉ?' : 'It may be there.',
      }),
    )
    const settings = { command: 'eval', policy: 'embedded', samples: 1, maxTurns: 8, seed: 1 }
    await writeRun(runs('eval'), settings, { 'trajectories.jsonl': jsonLines(searches) })
    served = await servePage(runs(), errors)
    page = served.page
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const field = () => page.getByRole('combobox', { name: 'Filter' })
  const told = (text: string) => page.getByText(text, { exact: true }).waitFor()
  const settings = (): URLSearchParams => new URLSearchParams(page.url().split('?')[1])

  test('is one text that is typed, completed and changed by selects, bars and words, and stays in the address', async () => {
    await served.open('run/eval')
    await told('40 of 40 searches')
    await field().fill('turns > 4')
    await told('20 of 40 searches')
    await page.getByLabel('Verdict').selectOption('correct')
    await told('5 of 40 searches')
    await expect.poll(() => field().inputValue()).toBe('turns > 4 and verdict:correct')
    await page.getByRole('button', { name: /^Turns 5: 5 searches, 5 right/ }).click()
    await expect.poll(() => field().inputValue()).toBe('turns > 4 and verdict:correct and turns:5')
    await expect.poll(() => settings().get('where')).toBe('turns > 4 and verdict:correct and turns:5')
    await page.reload()
    await told('5 of 40 searches')
    await page.getByRole('button', { name: 'show all' }).click()
    await told('40 of 40 searches')

    await field().fill('not cor')
    await expect
      .poll(() => page.locator('.offered li').allInnerTexts())
      .toEqual([expect.stringMatching(/^correct /), expect.stringMatching(/^corrected /)])
    await field().press('ArrowDown')
    await field().press('ArrowUp')
    await field().press('Enter')
    await expect.poll(() => field().inputValue()).toBe('not correct')
    await told('30 of 40 searches')
    await expect.poll(() => page.locator('.offered li').count()).toBe(0)
    await field().press('ArrowDown')
    await expect.poll(() => page.locator('.offered li').count()).toBeGreaterThan(0)
    await field().press('Escape')
    await expect.poll(() => page.locator('.offered li').count()).toBe(0)
    await expect.poll(() => field().inputValue()).toBe('not correct')
  })

  test('marks a mistake in its place, and keeps the last filter that could be read in force', async () => {
    await served.open(`run/eval?${new URLSearchParams({ where: 'correct' }).toString()}`)
    await told('10 of 40 searches')
    await field().fill('correct and trns > 4')
    await expect.poll(() => page.locator('.filter-field mark').innerText()).toBe('trns')
    await page.getByText('There is no field trns. Nearest: turns').waitFor()
    expect(await field().getAttribute('aria-invalid')).toBe('true')
    await told('10 of 40 searches')
    await field().fill('correct and turns > 4')
    await told('5 of 40 searches')
    expect(await page.locator('.filter-field mark').count()).toBe(0)
  })

  test('looks for words in thoughts, too', async () => {
    await served.open('run/eval')
    await told('40 of 40 searches')
    await page.getByLabel('Words').fill('café')
    await told('4 of 40 searches')
    await expect.poll(() => field().inputValue()).toBe('"café"')
    await field().fill('not thought:"the café"')
    await told('36 of 40 searches')
  })

  test('looks into thoughts to the end, however the run goes on meanwhile', async () => {
    const log = runs('live', 'trajectories.jsonl')
    const line = (seed: number): string => jsonLines([storedSearch({ seed, right: true, thought: 'Is it the CAFÉ?' })])
    const files = { lock: String(process.pid), 'trajectories.jsonl': line(0) + line(1) }
    await writeRun(runs('live'), { command: 'eval', maxTurns: 8 }, files)
    const held = await holdRequests(page, '**/thoughts?**')
    await served.open(`run/live?${new URLSearchParams({ where: 'thought:café or turns > 20' }).toString()}`)
    await page.getByText('Searching the thoughts …').waitFor()
    for (const count of [3, 4]) {
      await appendFile(log, line(count))
      await told(`0 of ${count} searches`)
    }
    held.release()
    await told('4 of 4 searches')
    expect(held.givenUp).toEqual([])
    await rm(runs('live'), { recursive: true })
  })

  test('says where a text cannot be copied', async () => {
    await served.open('run/eval')
    await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })')
    await page.getByRole('button', { name: /^Create a training set/ }).click()
    await page.getByRole('button', { name: 'copy', exact: true }).click()
    await page.getByRole('button', { name: 'not allowed here: select it' }).waitFor()
    // Of another text it says nothing.
    await field().fill('correct')
    await page.getByRole('button', { name: 'copy', exact: true }).waitFor()
  })

  test('follows a set that is made after its form was closed, and no longer once the server has forgotten it', async () => {
    const row = { id: 'one', state: 'working', name: 'eval-set', path: 'eval-set', to: 'collection', done: 1, text: '' }
    await page.route('**/api/sets', (route) =>
      route.request().method() === 'POST' ? route.fulfill({ json: row }) : route.continue(),
    )
    await page.route('**/api/sets/one', (route) => route.fulfill({ json: row }))
    await served.open('run/eval')
    const form = page.getByRole('button', { name: /^Create a training set/ })
    const create = page.getByRole('button', { name: 'Create', exact: true })
    await form.click()
    await create.click()
    const cancel = page.getByRole('button', { name: 'cancel' })
    await cancel.waitFor()
    await form.click()
    await cancel.waitFor({ state: 'detached' })
    await form.click()
    await cancel.waitFor()
    const error = { message: 'There is no such set.', code: 'no_set' }
    await page.route('**/api/sets/one', (route) => route.fulfill({ status: 404, json: { error } }))
    await page.getByRole('alert').getByText('There is no such set.').waitFor()
    await cancel.waitFor({ state: 'detached' })
    expect(await create.isEnabled()).toBe(true)
    await page.unroute('**/api/sets/one')
    await page.unroute('**/api/sets')
  })

  test('becomes a training set next to the runs, with the command that trains on it and the one that makes the same', async () => {
    await served.open(`run/eval?${new URLSearchParams({ where: 'turns > 4' }).toString()}`)
    await page.getByRole('button', { name: 'Create a training set from these 20 searches' }).click()
    await page.getByText('5 of them have the right answer within the limits; only these are written.').waitFor()
    await page.getByText('15 searches are left out: wrong answer (15).').waitFor()
    await page.getByLabel('Format').press('Escape')
    await page.getByLabel('Format').waitFor({ state: 'detached' })
    // The focus is back where it was opened.
    await page.keyboard.press('Enter')
    await page.getByLabel('Format').waitFor()
    const where = 'mini-o3 export '
    await expect.poll(() => page.locator('.copy-text code').last().innerText()).toContain(where)
    expect(await page.locator('.copy-text code').last().innerText()).toMatch(
      /eval --where 'turns > 4' --to collection --out \S+eval-set$/,
    )
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page
      .getByText(/^Written: .*eval-set \(5 searches, .*; 15 searches are left out: wrong answer \(15\)\.\)/)
      .waitFor()
    await expect
      .poll(() => page.locator('.copy-text code').first().innerText())
      .toMatch(/^mini-o3 sft --collection \S+eval-set$/)
    const lines = (await readFile(runs('eval-set', 'trajectories.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { turns: object[] }).turns.length)).toEqual([5, 5, 5, 5, 5])
    // What cannot be written is told: this format draws the pictures, whose problems the run does not name.
    await page.getByLabel('Format').selectOption('sharegpt')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByText('does not say which problems were searched. Name them with --data.').waitFor()
    expect((await readdir(runs())).toSorted()).toEqual(['eval', 'eval-set'])
    expect(errors).toEqual([])
  })

  test('is only a command in pages as files, which hold the searches that match', async () => {
    const where = readFilter('turns > 4')
    const signal = new AbortController().signal
    const { page: index } = await exportSite(runs('eval'), join(folder, 'site'), { limit: 1, where, signal })
    await page.goto(pathToFileURL(index).href)
    await told('20 of 20 searches')
    await page.getByText('Only 20 of 40 searches: turns > 4.').waitFor()
    await field().fill('correct')
    await page.getByRole('button', { name: 'Create a training set from these 5 searches' }).click()
    await expect
      .poll(() => page.locator('.make-set code').innerText())
      .toBe("mini-o3 export eval --where '(turns > 4) and (correct)' --to collection --out eval-set")
    expect(await page.getByRole('button', { name: 'Create', exact: true }).count()).toBe(0)
    await field().fill('"café"')
    await page.getByText('Thoughts are not searched here').waitFor()
    expect(errors).toEqual([])
  })

  test('only makes sets for the page of the server itself, of runs and filters that there are', async () => {
    const post = async (body: object, headers: Readonly<Record<string, string>> = {}) => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }
      const response = await fetch(`${served.base}/api/sets`, init)
      return [response.status, await response.text()]
    }
    const wish = { run: 'eval', where: 'correct', to: 'collection' }
    await mkdir(join(folder, 'beside'), { recursive: true })
    expect(await post(wish, { 'content-type': 'text/plain' })).toEqual([403, expect.any(String)])
    expect(await post(wish, { 'sec-fetch-site': 'same-site' })).toEqual([403, expect.any(String)])
    expect(await post({ ...wish, run: '../beside' })).toEqual([404, expect.stringContaining('no such run')])
    expect(await post({ ...wish, to: 'tensorboard' })).toEqual([400, expect.stringContaining('one of collection')])
    expect(await post({ ...wish, where: 'corect' })).toEqual([400, expect.stringContaining('There is no field corect')])
    expect(await post({ ...wish, out: '/tmp' })).toEqual([400, expect.stringContaining('out')])
    expect((await readdir(runs())).toSorted()).toEqual(['eval', 'eval-set'])
  })
})
