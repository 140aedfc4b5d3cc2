/** The Runs pages in a real browser, on the real program. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { holdRequests, hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import type { RolloutLine } from '../runs/searches.ts'

const hostile = '<img src=x onerror="window.pwned=1">'
const evalOf = (change: object = {}): object => ({ command: 'eval', policy: 'embedded', maxTurns: 8, ...change })
const searches = (count: number, of: (index: number) => Partial<Parameters<typeof storedSearch>[0]>): string =>
  jsonLines(Array.from({ length: count }, (_, index) => storedSearch({ seed: index, right: true, ...of(index) })))

/** A step of training as its metrics tell it. */
const step = (number: number, reward: number): string =>
  jsonLines([
    {
      stage: 'rl',
      step: number,
      reward,
      turns: 3,
      maskedShare: 0.2,
      ends: { answered: 0.8, 'over-turn': 0.2 },
      rewardByLevel: { easy: reward, hard: reward / 2 },
      parts: { box: { share: 0.4, logprob: -reward } },
      partAccuracy: 'nonsense',
    },
  ])
const rollout = (number: number, seed: number, sampleIndex: number, advantage: number): RolloutLine => {
  return { step: number, advantage, trajectory: storedSearch({ seed, sampleIndex, right: advantage > 0 }) }
}

describe.skipIf(!hasBrowser)('the Runs pages', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  const errors: string[] = []
  const run = (name: string): string => join(folder, 'runs', name)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runs-pages-'))
    const log = 'trajectories.jsonl'
    // Right in the first are problems 0 to 59 of 80; in the second 10 to 79 of 90.
    await writeRun(run('before'), evalOf(), { [log]: searches(80, (index) => ({ right: index < 60 })) })
    await writeRun(run('after'), evalOf({ maxTurns: 6 }), {
      [log]: searches(90, (index) => ({ right: index >= 10 && index < 80, thought: hostile })),
    })
    await writeRun(run('elsewhere'), evalOf(), { [log]: searches(5, (index) => ({ seed: 1000 + index })) })
    await writeRun(run('other-benchmark'), evalOf({ benchmark: 'vstar' }), { [log]: searches(5, () => ({})) })
    await writeRun(run('large'), evalOf(), {
      [log]: searches(5000, (index) => ({
        right: index % 4 === 0,
        turns: 1 + (index % 8),
        end: index % 8 === 7 ? 'over-turn' : 'answered',
      })),
    })
    await writeRun(run('four-each'), evalOf(), {
      [log]: searches(40, (index) => ({
        seed: Math.floor(index / 4),
        sampleIndex: index % 4,
        right: index % 4 < index / 10,
      })),
    })
    const asked = (ask: number, policy: string, sampleIndex = 0) => {
      const { verdict: _, ...search } = storedSearch({ seed: 1, right: true, sampleIndex })
      return { ...search, ask, policy }
    }
    await writeRun(
      run('asks'),
      { command: 'serve' },
      {
        [log]: jsonLines([asked(1, 'chat:a'), asked(2, 'chat:b'), asked(2, 'chat:b', 1), asked(3, 'embedded')]),
      },
    )
    served = await servePage(join(folder, 'runs'), errors)
    page = served.page
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => page.setViewportSize({ width: 1280, height: 900 }))

  const open = (address: string): Promise<void> => served.open(address)
  const table = (name: 'Searches' | 'Problems') => page.getByRole('table', { name })
  const cellsOf = (row: number): Promise<string[]> => page.locator(`.virtual tr[data-row="${row}"] td`).allInnerTexts()

  test('every ask of a server has a row, with whom it was put to; unjudged, it is neither scored nor red', async () => {
    await open('run/asks')
    await table('Searches').waitFor()
    await expect.poll(async () => (await cellsOf(0))[0]).toBe('chat:a')
    await expect.poll(() => page.locator('.virtual tbody th').allInnerTexts()).toEqual(['1', '2', '2 #2', '3'])
    await expect.poll(() => page.locator('.facts').count()).toBe(0)
    await expect.poll(() => page.locator('.virtual .wrong, .virtual .correct').count()).toBe(0)
    await page.getByLabel('one row per ask').check()
    await expect.poll(() => page.locator('.virtual tbody th').allInnerTexts()).toEqual(['1', '2', '3'])
    await expect.poll(() => page.locator('.virtual .wrong, .virtual .correct').count()).toBe(0)
    await page.getByLabel('Policy').selectOption('chat:b')
    await expect.poll(() => page.locator('.virtual tbody th').allInnerTexts()).toEqual(['2'])
  })

  test('an address that leads nowhere says so', async () => {
    for (const [address, words] of [
      ['runs/nope', 'There is no such run'],
      ['run/nope', 'There is no such run'],
      ['run/asks/first', 'There is no such page'],
      ['diff/asks', 'There is no such page'],
    ] as const) {
      await open(address)
      await page.getByText(words).waitFor()
    }
  })

  test('two runs are chosen and compared, their flips filtered, and both searches of a row stand side by side', async () => {
    await open('runs')
    await page.getByText('75.0 (65.0–').waitFor()
    await page.getByLabel('Compare before').check()
    await page.getByText('Choose another run').waitFor()
    await page.getByLabel('Compare after').check()
    await page.getByRole('link', { name: 'Compare before with after' }).click()
    // On the 80 problems in both: 60 and 70 are right, 20 gained, 10 lost.
    await page.getByText('30 of 80 problems').waitFor()
    await expect
      .poll(() => page.locator('.scores dd').allInnerTexts())
      .toEqual(['75.0', '87.5', expect.stringMatching(/^\+12\.5 [+-]\d+\.\d to \+\d+\.\d$/), '80'])
    await page.getByText('Left out, since only one run has them: 0 of the first, 10 of the second.').waitFor()
    await page.getByText('One setting differs').click()
    await page.getByText('maxTurns: 8, now 6').waitFor()
    await page.getByRole('button', { name: /^right → wrong/ }).click()
    await page.getByText('10 of 80 problems').waitFor()
    await expect
      .poll(() => cellsOf(0))
      .toEqual(['right → wrong', expect.stringContaining('Which digit'), '4', '4 ✓', '9 ✕', '2 → 2'])
    await page.getByRole('button', { name: 'Question' }).click()
    await page.locator('[aria-sort=ascending]').waitFor()
    await page.locator('.virtual a').first().click()
    await page.locator('.side-by-side .canvas').nth(1).waitFor()
    await expect
      .poll(() => page.locator('.outcome p:first-child').allInnerTexts())
      .toEqual([expect.stringMatching(/^before answer 4/), expect.stringMatching(/^after answer 9/)])
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.locator('.side-by-side .thought').last().innerText()).toBe(hostile)
    expect(await page.evaluate('window.pwned')).toBeUndefined()
    await page.goBack()
    await page.getByText('10 of 80 problems').waitFor()
  })

  test('two searches that are not there are said so, and those before are not shown in their place', async () => {
    await open('diff/before/after/10/10')
    await page.locator('.side-by-side .canvas').nth(1).waitFor()
    await page.evaluate('location.hash = "#/diff/before/after/999/999"')
    await page.getByRole('alert').getByText('The run has no such search.').waitFor()
    expect(await page.locator('.search').count()).toBe(0)
  })

  test('runs that cannot be compared are said to be so', async () => {
    await open('diff/before/elsewhere')
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('no problem in common')
    await open('diff/before/other-benchmark')
    await page.getByText('different benchmarks, visual-probe and vstar').waitFor()
    await open('diff/before/nowhere')
    await page.getByText('There is no such run').waitFor()
  })

  test('5,000 searches: few rows at a time, every filter, sorting, and the address keeps them', async () => {
    await open('run/large')
    await page.getByText('5000 of 5000 searches').waitFor()
    await expect.poll(() => page.locator('.virtual tbody tr').count()).toBeLessThan(60)
    await expect.poll(() => table('Searches').getAttribute('aria-rowcount')).toBe('5001')
    await page.getByRole('region', { name: 'Searches' }).press('End')
    await page.locator('tr[aria-rowindex="5001"] a:focus').waitFor()
    await page.getByLabel('Verdict').selectOption('correct')
    await page.getByText('1250 of 5000 searches').waitFor()
    await page.getByLabel('Verdict').selectOption('')
    await page.getByRole('combobox', { name: /^End/ }).selectOption('over-turn')
    await page.getByText('625 of 5000 searches').waitFor()
    await page.getByRole('button', { name: 'show all' }).click()
    // Every fourth is right: those of 1 and 5 turns.
    await page.getByRole('button', { name: 'Turns 5: 625 searches, 625 right' }).click()
    await page.getByText('625 of 5000 searches').waitFor()
    await page.getByLabel('Turns to').fill('7')
    await page.getByLabel('Turns to').press('Enter')
    await page.getByText('1875 of 5000 searches').waitFor()
    await page.getByRole('button', { name: 'Boxes 6: 625 searches, 0 right' }).click()
    await page.getByText('625 of 5000 searches').waitFor()
    await page.getByRole('button', { name: 'Boxes 4: 625', exact: false }).click({ modifiers: ['Shift'] })
    await page.getByText('1875 of 5000 searches').waitFor()
    await page.getByRole('button', { name: 'Turns', exact: true }).click()
    await page.getByRole('button', { name: 'Turns', exact: true }).click()
    await page.locator('[aria-sort=descending]').waitFor()
    await expect.poll(async () => (await cellsOf(0)).slice(-3)).toEqual(['7', '6', 'answered'])
    await page.waitForURL(/where=turns%3A5\.\.7\+and\+boxes%3A4\.\.6&sort=-turns$/)
    await page.reload()
    await page.getByText('1875 of 5000 searches').waitFor()
    await expect.poll(async () => (await cellsOf(0)).slice(-3)).toEqual(['7', '6', 'answered'])
    await page.getByLabel('Words').fill('no such words')
    await page.getByText('0 of 5000 searches').waitFor()
  })

  test('by keyboard alone: to the table, down, into a search, and back to the same filters', async () => {
    await open('run/large?where=turns:5')
    await page.getByText('625 of 5000 searches').waitFor()
    await page.getByRole('region', { name: 'Searches' }).focus()
    for (const key of ['j', 'ArrowDown', 'PageDown', 'k', 'Home', 'ArrowDown']) await page.keyboard.press(key)
    const link = page.locator('tr[aria-rowindex="3"] a:focus')
    await link.waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.card .thought').first().waitFor()
    await page.goBack()
    await page.getByText('625 of 5000 searches').waitFor()
    // Of all rows one is a stop of the tab key.
    await expect.poll(() => page.locator('.virtual a[tabindex="0"]').count()).toBe(1)
  })

  test('problems with several searches as rows, with their share of right ones', async () => {
    await open('run/four-each')
    await page.getByLabel('one row per problem').check()
    await page.getByText('10 of 10 problems').waitFor()
    await page.getByRole('button', { name: 'Right' }).click()
    const question = expect.stringContaining('Which')
    await expect.poll(() => cellsOf(0)).toEqual([question, '9 ×4', '4', '0 of 4', '2.0', '1.0', 'answered'])
    await expect.poll(() => cellsOf(1)).toEqual([question, '9 ×3, 4', '4', '1 of 4', '2.0', '1.0', 'answered'])
    await expect.poll(() => page.locator('.scores').innerText()).toMatch(/Pass@4, %\s+90\.0/)
  })

  test('charts are told in words and as tables', async () => {
    await open('run/before')
    const chart = page.getByRole('img', { name: /^Accuracy by turn limit: 0 % at 1, 75 % at 2/ })
    await chart.waitFor()
    await page.getByText('figures of Accuracy by turn limit').click()
    const figures = page.getByRole('table', { name: 'Accuracy by turn limit' })
    await expect
      .poll(() => figures.getByRole('columnheader').allInnerTexts())
      .toEqual(['turn limit', 'accuracy, %', '95 % from', 'to'])
    await expect.poll(() => figures.getByRole('row').nth(2).innerText()).toMatch(/^2\s+75\.0/)
  })

  test('a run that goes on: rollouts, curves and figures come without a reload, and a step done again is not doubled', async () => {
    const path = run('training')
    const settings = { command: 'rl', steps: 4 }
    await writeRun(path, settings, { lock: String(process.pid), 'metrics.jsonl': step(1, 0.25) })
    await open('run/training')
    await page.getByText('running').waitFor()
    await page.getByText('No searches yet').waitFor()
    await page.getByText('1 of 4').waitFor()
    await appendFile(join(path, 'metrics.jsonl'), step(2, 0.5))
    const first = [0, 1].map((sample) => rollout(1, 7, sample, sample === 0 ? 1 : -1))
    await appendFile(join(path, 'rollouts.jsonl'), jsonLines(first))
    await page.getByText('2 of 2 searches').waitFor()
    await page.getByRole('img', { name: 'Reward of rl: 25.0 % at step 1, 50.0 % at step 2.' }).waitFor()
    await page.getByRole('img', { name: /answered 80.0 %, ran out of turns 20.0 %/ }).waitFor()
    await page.getByRole('img', { name: 'Reward by level of rl, at last: easy 50.0 %, hard 25.0 %.' }).waitFor()
    await page.getByRole('img', { name: '−log p by part of a turn of rl, at last: box 0.5.' }).waitFor()
    await expect.poll(async () => (await cellsOf(0))[0]).toBe('1')
    // Killed after its second step, and gone on with from its first checkpoint.
    await appendFile(join(path, 'rollouts.jsonl'), jsonLines([...first, rollout(2, 7, 0, 0), rollout(2, 7, 0, 0)]))
    await page.getByText('3 of 3 searches').waitFor()
    await page.locator('.virtual a').first().click()
    await page.getByRole('button', { name: 'all 2 side by side' }).waitFor()
    await expect.poll(() => page.title()).toBe('training, search 3 - mini-o3')
    await page.locator('.group button').nth(1).waitFor()
    await expect
      .poll(async () =>
        (await page.locator('.group button').allInnerTexts()).map((one) => /advantage (\S+)/.exec(one)?.[1]),
      )
      .toEqual(['1.00', '-1.00'])
    await rm(join(path, 'lock'))
  })

  test('figures that take longer than the next change of their run come all the same', async () => {
    const path = run('busy')
    const log = join(path, 'trajectories.jsonl')
    await writeRun(path, evalOf(), { lock: String(process.pid), 'trajectories.jsonl': searches(4, () => ({})) })
    const held = await holdRequests(page, '**/api/runs/busy/figures')
    await open('run/busy')
    for (const count of [5, 6]) {
      await appendFile(
        log,
        searches(1, () => ({ seed: count })),
      )
      await page.getByText(`${count} of ${count} searches`).waitFor()
    }
    held.release()
    await page.getByText('Avg').waitFor()
    expect(held.givenUp).toEqual([])
    await rm(join(path, 'lock'))
  })

  test('broken, foreign and vanished files are told in place', async () => {
    const good = storedSearch({ seed: 3, right: true })
    const path = run('broken')
    const torn = JSON.stringify(good).slice(0, 100)
    await writeRun(path, evalOf({ maxTurns: 'many', policy: { no: 'text' } }), {
      'trajectories.jsonl': `${jsonLines([good, 17, null, { version: 9 }])}\0\0\n${torn}`,
      'metrics.jsonl': `nonsense\n{"stage":"rl","step":1,"reward":null,"ends":[]}\n[]\n{"stage":7}`,
    })
    const watched = await served.openTimed('run/broken')
    await watched.getByText('1 of 1 searches').waitFor()
    await watched.getByText('4 lines of the log are not searches of this version').waitFor()
    await watched.getByText('Avg@1').waitFor()
    await expect.poll(() => watched.getByRole('alert').count()).toBe(0)
    await rm(path, { recursive: true })
    await watched.clock.fastForward(10_000)
    await watched
      .getByText('There is no such run. It may have been moved or deleted. Showing the last known state.')
      .waitFor()
    await expect.poll(() => watched.locator('.virtual tr[data-row]').count()).toBe(1)
    await watched.close()

    await writeRun(run('folder-for-log'), evalOf())
    await mkdir(join(run('folder-for-log'), 'trajectories.jsonl'))
    await open('run/folder-for-log')
    await page.getByText('The log of this run cannot be read').first().waitFor()
    await writeRun(run('empty'), evalOf())
    await open('run/empty')
    await page.getByText('This run has no searches.').waitFor()
    await mkdir(run('no-settings'))
    await writeFile(join(run('no-settings'), 'config.json'), '[')
    await open('runs')
    await page.getByRole('link', { name: 'empty' }).waitFor()
    const foreign = page.locator('.virtual tr').filter({ has: page.getByRole('link', { name: 'no-settings' }) })
    await foreign.getByText('unreadable').first().waitFor()
  })

  test('no name is so long that the page gets wider than the screen', async () => {
    const policy = `chat:${'long-name-'.repeat(30)}`
    const log = jsonLines(
      [0, 1].map((seed) => ({ ...storedSearch({ seed, right: true }), ...(seed === 0 && { policy }) })),
    )
    await writeRun(run('long'), evalOf({ policy }), { 'trajectories.jsonl': log })
    for (const width of [380, 800, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      for (const path of ['run/long', 'run/long/0', 'runs']) {
        await open(path)
        await page.locator('.virtual tbody a, .turns').first().waitFor()
        const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
        expect([path, width, wider]).toEqual([path, width, 0])
      }
    }
  })

  test('a phone: nothing is wider than the screen; charts and tables follow the dark', async () => {
    await page.setViewportSize({ width: 380, height: 800 })
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      for (const path of ['runs', 'run/large', 'run/four-each?rows=problems', 'diff/before/after?show=all']) {
        await open(path)
        await page.locator('table:visible').first().waitFor()
        const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
        expect([path, scheme, wider]).toEqual([path, scheme, 0])
      }
    }
    const filter = await page.evaluate(
      `getComputedStyle(Object.assign(document.body.appendChild(document.createElement('div')), { className: 'charts', innerHTML: '<img>' }).firstChild).filter`,
    )
    expect(filter).toContain('invert')
  })

  test('all this without an error', () => {
    expect(errors).toEqual([])
  })
})
