/** The comparison of two runs as files: its data, and its pages in a real browser. Needs `npm run build`, and for the latter Chromium. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dataIn, openFile } from '../../../test/page-file.ts'
import { searched } from '../../../test/searched.ts'
import { hasBrowser, openBrowser } from '../../../test/served-page.ts'
import { jsonLines, writeRun } from '../../../test/stored-searches.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { takeNote } from '../../runs/notes.ts'
import type { DiffData } from '../api/types.ts'
import { exportDiff } from './export-diff.ts'
import type { ExportedDiff } from './export-diff.ts'

let folder: string
let exported: ExportedDiff
const site = (): string => join(folder, 'site')

/** Four problems: right in both, gained, lost, and gained by a verdict that was corrected by hand. */
const verdicts = [
  [true, false, true, false],
  [true, true, false, false],
] as const

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-diff-'))
  // Runs of one name in different folders.
  const paths = [join(folder, 'before', 'eval'), join(folder, 'after', 'eval')] as const
  for (const [at, path] of paths.entries()) {
    const searches = verdicts[at]!.map((right, index) => ({
      ...searched([0, 1]),
      problem: makeProblem(makeScene(2 ** 31 + index, 'easy', 4)),
      verdict: { kind: right ? ('correct' as const) : ('wrong' as const), reason: 'compared' },
    }))
    await writeRun(path, { command: 'eval', maxTurns: 6 + at }, { 'trajectories.jsonl': jsonLines(searches) })
    if (at === 1) {
      const search = { trajectory: searches[3]! }
      await takeNote(path, { search, before: undefined, change: { verdict: 'right', comment: 'It is there.' } })
    }
  }
  exported = await exportDiff(paths, site(), { limit: 3, signal: new AbortController().signal })
}, 240_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the flipped problems get their pages first, verdicts are as corrected, and each run has its own pages', async () => {
  const { page, ...counts } = exported
  expect(counts).toEqual({ common: 4, flipped: 3, problems: 3 })
  const { diff, pages, runs } = dataIn<DiffData>(await readFile(page, 'utf8'))
  expect(diff.runs.map(({ name }) => name)).toEqual(['before/eval', 'after/eval'])
  expect(diff.rows.map(({ change }) => change)).toEqual(['right', 'gained', 'lost', 'gained'])
  expect([diff.avgAtK, diff.corrected]).toEqual([
    [0.5, 0.75],
    [0, 1],
  ])
  expect(diff.settings).toEqual([expect.stringContaining('maxTurns')])
  expect(Object.keys(pages)).toEqual(['1', '2', '3'])
  for (const address of [...Object.values(pages), ...runs]) {
    await readFile(join(site(), address.replace(/#.*/, '')))
  }
})

test.skipIf(!hasBrowser)('opens from a file, leads to both searches and both runs', { timeout: 240_000 }, async () => {
  const browser = await openBrowser()
  try {
    const wrong: string[] = []
    const page = await openFile(browser, exported.page, wrong)
    await page.getByText('3 of 4 problems').waitFor()
    await page.getByText('One setting differs').click()
    await page.getByText(/^maxTurns: 6/).waitFor()
    const text = await page.locator('.scores').innerText()
    expect(text).toMatch(/\+25\.0/)
    expect(text).toMatch(/Verdicts corrected by hand\s+0 and 1/)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.evaluate(axe.source)
      const found = await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
        return violations.map(({ help, nodes }) => `${help}: ${nodes.map(({ target }) => target.join(' ')).join()}`)
      })
      expect(found).toEqual([])
    }
    // Beyond the limit a problem is listed without a page.
    await page.getByRole('button', { name: /^right in both/ }).click()
    await page.getByText('1 of 4 problems').waitFor()
    await expect.poll(() => page.locator('.virtual tbody a[href]').count()).toBe(0)
    await page.getByRole('button', { name: /^flipped/ }).click()
    await page.locator('.virtual tbody a').last().click()
    await page.locator('.side-by-side .canvas').nth(1).waitFor()
    await page.getByText('after/eval').first().waitFor()
    // From page to page in the order of the problems; beyond the last is the comparison.
    const before = page.getByRole('link', { name: 'previous', exact: true })
    const shownProblem = (): Promise<string> => page.locator('.facts').innerText()
    const problems = verdicts[0].map((_, index) => makeProblem(makeScene(2 ** 31 + index, 'easy', 4)).docId)
    await expect.poll(shownProblem).toContain(problems[3]!)
    await before.click()
    await expect.poll(shownProblem).toContain(problems[2]!)
    await page.getByRole('link', { name: 'next', exact: true }).click()
    await expect.poll(shownProblem).toContain(problems[3]!)
    await page.getByRole('link', { name: 'next', exact: true }).click()
    await page.getByText('3 of 4 problems').waitFor()
    await page.locator('.virtual tbody a').first().click()
    await page.getByRole('link', { name: 'before/eval against after/eval' }).click()
    await page.getByRole('link', { name: 'after/eval' }).click()
    await page.getByText('4 of 4 searches').waitFor()
    await page.locator('.virtual tbody a').first().click()
    await page.getByRole('link', { name: 'All searches of eval' }).click()
    await page.getByRole('link', { name: 'before/eval against after/eval' }).click()
    await page.getByText('One setting differs').waitFor()
    expect(wrong).toEqual([])
  } finally {
    await browser.close()
  }
})
