/** The pages in a real browser, on the real program. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openFile } from '../../test/page-file.ts'
import { hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { searched } from '../../test/searched.ts'
import { makeProblem } from '../probe/problem.ts'
import { makeScene } from '../probe/scene.ts'
import { pixelBox, relativeBox } from '../protocol/box.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { exportSite } from './runs/export-site.ts'

const hostile = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
const scene = makeScene(2 ** 31 + 5, 'easy', 4)

function trajectory(docId: string, sampleIndex: number, right: boolean): Trajectory {
  const usage = { promptTokens: 10, imageTokens: 4, replyTokens: 8 }
  const looked = {
    text: hostile,
    finish: 'stop',
    thought: hostile,
    action: { kind: 'grounding', boxRel: relativeBox(0, 0, 0.5, 0.5), source: 'original_image' },
    observation: 1,
    usage,
    ms: 5,
  } as const
  const answer = right ? '4' : hostile
  const whole = pixelBox(0, 0, 512, 512)
  const part = pixelBox(0, 0, 256, 256)
  return {
    version: 1,
    problem: { ...makeProblem(scene), docId },
    picture: { sha256: '0'.repeat(64), width: 512, height: 512 },
    policy: 'embedded',
    profile: { name: 'embedded', sha256: '0'.repeat(64) },
    maxTurns: 6,
    seed: 1,
    sampleIndex,
    turns: [looked, { text: answer, finish: 'stop', action: { kind: 'answer', text: answer }, usage, ms: 5 }],
    observations: [
      { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: { width: 64, height: 64 } },
      { index: 1, parent: 0, boxPx: part, boxInOriginalPx: part, view: { width: 64, height: 64 } },
    ],
    end: 'answered',
    answer,
    usage,
    ms: 10,
    verdict: { kind: right ? 'correct' : 'wrong', reason: hostile },
  }
}

describe.skipIf(!hasBrowser)('the pages', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  let base: string
  const errors: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pages-'))
    const run = join(folder, 'runs', 'many')
    await mkdir(run, { recursive: true })
    await writeFile(join(run, 'config.json'), '{"command":"eval","maxTurns":6}')
    const own = makeProblem(scene).docId
    const pair = [0, 1].map((sample) => trajectory(own, sample, sample === 0))
    const others = Array.from({ length: 598 }, (_, index) => trajectory(`other_${index}`, 0, index % 3 === 0))
    await writeFile(
      join(run, 'trajectories.jsonl'),
      [...pair, ...others].map((one) => `${JSON.stringify(one)}\n`).join(''),
    )
    const rich = join(folder, 'runs', 'rich')
    await mkdir(rich)
    await writeFile(join(rich, 'config.json'), '{"command":"eval","maxTurns":4}')
    const problem = makeProblem(scene)
    // Turn 3 asks for a box that is refused; the search runs out of turns. The second one answers.
    const over = { ...searched([0, 1, -1, 0], 'Not here.', null), problem }
    const verdict = { kind: 'correct', reason: '' } as const
    const found = {
      ...searched([0, 1], 'Found it.'),
      problem,
      sampleIndex: 1,
      reward: { total: 1, parts: {} },
      verdict,
    }
    await writeFile(join(rich, 'trajectories.jsonl'), `${JSON.stringify(over)}\n${JSON.stringify(found)}\n`)
    served = await servePage(join(folder, 'runs'), errors)
    ;({ page, base } = served)
    page.on('request', (asked) => {
      if (!asked.url().startsWith(base) && !asked.url().startsWith('blob:')) errors.push(`asked for ${asked.url()}`)
    })
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => page.setViewportSize({ width: 1280, height: 900 }))

  const wide = (): Promise<number> =>
    page.evaluate('document.documentElement.scrollWidth - innerWidth') as Promise<number>

  test('ask on a bundled scene to the answer, then replay it by keyboard', async () => {
    await page.goto(base)
    await page
      .getByRole('radio', { name: /^easy scene/ })
      .first()
      .check({ force: true })
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.locator('.card .verdict').waitFor()
    expect(await page.locator('.question .answer dd').innerText()).toMatch(/^\d [✓✕]$/)
    const turns = await page.locator('.turns .card .number').count()
    await page.keyboard.press('ArrowRight')
    expect(await page.locator('output').innerText()).toBe(`turn 1 of ${turns}`)
    expect(await page.locator('.card.now .number').innerText()).toBe('1')
    expect(await page.locator('.node.now').getAttribute('data-turn')).toBe('1')
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
    await page.goto(`${base}/#/`)
    await page
      .getByRole('radio', { name: /^hard scene/ })
      .first()
      .check({ force: true })
    await page.getByLabel('How often').fill('8')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.locator('.card.start').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Stopped before it was finished.').waitFor()
    expect(await page.locator('.waiting').count()).toBe(0)
    expect(await page.locator('.question').innerText()).not.toContain('searching')
    expect(await page.locator('.group').innerText()).not.toContain('…')
  })

  test('what is wrong is said in place', async () => {
    await page.goto(`${base}/#/`)
    await page.getByLabel('Question').fill('  ')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    expect(await page.getByRole('alert').innerText()).toBe('Type a question first.')
    await page.getByLabel('Question').fill('What is this?')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByRole('alert').getByText('only knows generated scenes').waitFor()
    await page.setInputFiles('input[type=file]', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no') })
    await page.getByText('is not a picture that can be read').waitFor()
    await page.goto(`${base}/#/run/nowhere`)
    expect(await page.getByRole('alert').innerText()).toContain('no such run')
  })

  test('a run of 600 searches: few rows at a time, filters, and text of a model is text', async () => {
    await page.goto(`${base}/#/runs`)
    await page.getByRole('link', { name: 'many' }).click()
    await page.getByText('600 of 600 searches').waitFor()
    expect(await page.locator('.virtual tbody tr').count()).toBeLessThan(60)
    await page.getByRole('region', { name: 'Searches' }).press('End')
    await page.getByRole('link', { name: 'other_597' }).waitFor()
    await page.getByLabel('Verdict').selectOption('wrong')
    await page.getByText('399 of 600 searches').waitFor()
    expect(await page.locator('.charts img').first().getAttribute('alt')).toContain('Accuracy by turn limit')
    await page.getByLabel('Words').fill('easy')
    await page.getByRole('link', { name: /easy_/ }).first().click()
    await page.locator('.card .thought').waitFor()
    expect(await page.locator('.card .thought').innerText()).toBe(hostile)
    expect(await page.evaluate('window.pwned')).toBeUndefined()
  })

  test('two searches for one problem stand side by side', async () => {
    await page.goto(`${base}/#/run/many/0`)
    await page.getByRole('button', { name: 'all 2 side by side' }).click()
    await page.locator('.side-by-side .canvas').nth(1).waitFor()
    await page.keyboard.press('j')
    expect(await page.locator('.side-by-side .node.now').count()).toBe(2)
    await page.keyboard.press('c')
    await page.locator('.turns').waitFor()
  })

  const openRich = async (): Promise<void> => {
    await page.goto(`${base}/#/run/rich/0`)
    await page.locator('.turns .card').nth(4).waitFor()
    // The focus of the test before is not this one's.
    await page.locator('#main').focus()
  }

  test('marks on the picture go and come by their keys; a refused box is hatched, a search that met a limit is masked', async () => {
    await openRich()
    expect(await page.locator('.canvas .box').count()).toBe(4)
    expect(await page.locator('.canvas .refused-box').getAttribute('data-turn')).toBe('3')
    expect(await page.locator('.refused-box .line').getAttribute('style')).toContain('url("#refused")')
    expect(await page.locator('.question').innerText()).toContain('masked in training')
    for (const [key, mark, count] of [
      ['h', '.heat .warm', 3],
      ['p', '.path .head', 2],
      ['t', '.canvas .target', 1],
    ] as const) {
      expect(await page.locator(mark).count()).toBe(0)
      await page.keyboard.press(key)
      expect([mark, await page.locator(mark).count()]).toEqual([mark, count])
      await page.keyboard.press(key)
      expect(await page.locator(mark).count()).toBe(0)
    }
    await page.keyboard.press('b')
    expect(await page.locator('.canvas .box').count()).toBe(0)
    await page.keyboard.press('b')
  })

  test('cards fold by their heads and all at once by a key, also while one is focused; the arrows go on', async () => {
    await openRich()
    const open = (): Promise<number> => page.locator('.card > details[open]').count()
    expect(await open()).toBe(5)
    await page.locator('.card[data-turn="2"] > details > summary').click()
    expect(await page.locator('.card[data-turn="2"] .pair').isVisible()).toBe(false)
    await page.keyboard.press(' ')
    expect(await page.locator('.card[data-turn="2"] .pair').isVisible()).toBe(true)
    await page.keyboard.press('x')
    expect(await open()).toBe(0)
    await page.keyboard.press('ArrowRight')
    expect(await page.locator('.card.now').getAttribute('data-turn')).toBe('1')
    await page.keyboard.press('Enter')
    expect(await open()).toBe(1)
    await page.keyboard.press('x')
    expect(await open()).toBe(5)
  })

  test('the picture, the track and the tree stay in sight to the last turn', async () => {
    await openRich()
    await page.keyboard.press('End')
    await page.waitForTimeout(1500)
    const { y, height } = (await page.locator('.look').boundingBox())!
    expect(y).toBeGreaterThanOrEqual(0)
    expect(y + height).toBeLessThanOrEqual(900)
  })

  test('the figure of a search can be kept from its page', async () => {
    await openRich()
    for (const [kind, start] of [
      ['SVG', '<svg'],
      ['PNG', '\u0089PNG'],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: kind, exact: true }).click(),
      ])
      expect(download.suggestedFilename()).toBe(`search.${kind.toLowerCase()}`)
      expect((await readFile(await download.path())).subarray(0, 4).toString('latin1')).toBe(start)
    }
  })

  test('an address that leads nowhere says so', async () => {
    await page.goto(`${base}/#/nowhere`)
    expect(await page.getByRole('alert').innerText()).toContain('no such page')
  })

  test('what is pointed at lights up everywhere, on the track too', async () => {
    await openRich()
    await page.locator('.node[data-turn="2"]').hover()
    for (const part of ['.canvas .box', '.node', '.card']) {
      expect([part, await page.locator(`${part}.lit`).getAttribute('data-turn')]).toEqual([part, '2'])
    }
    expect(await page.locator('.dots .lit').innerText()).toBe('2')
    const { x, y, width, height } = (await page.locator('.track input').boundingBox())!
    await page.mouse.move(x + (width * 3) / 4, y + height / 2)
    expect(await page.locator('.card.lit').getAttribute('data-turn')).toBe('3')
  })

  const viewBoxes = (): Promise<unknown> =>
    page.locator('.canvas').evaluateAll((all) => all.map((one) => one.getAttribute('viewBox')))

  test('the picture zooms along with the turns, the minimap says where, and pictures side by side zoom together', async () => {
    await openRich()
    expect(await viewBoxes()).toEqual(['0 0 1024 1024'])
    expect(await page.locator('.minimap').isVisible()).toBe(false)
    await page.keyboard.press('f')
    await page.keyboard.press('j')
    await expect.poll(viewBoxes).toEqual(['0 0 768 768'])
    expect(await page.locator('.minimap .seen').getAttribute('width')).toBe('768')
    expect(await page.locator('.minimap').isVisible()).toBe(true)
    await page.keyboard.press('f')
    await page.keyboard.press('c')
    await page.locator('.side-by-side .canvas').nth(1).waitFor()
    await page.locator('.canvas').first().focus()
    await page.keyboard.press('0')
    await page.keyboard.press('+')
    await expect.poll(async () => new Set((await viewBoxes()) as string[]).size).toBe(1)
    expect(await viewBoxes()).not.toContain('0 0 1024 1024')
  })

  test('another search in the address is shown, with its reward', async () => {
    await openRich()
    // Not even for a moment is the address written back without its turn.
    await page.evaluate(`{
      window.written = []
      const replace = history.replaceState.bind(history)
      history.replaceState = (state, title, address) => (window.written.push(address), replace(state, title, address))
      location.hash = "#/run/rich/1?turn=2"
    }`)
    await page.getByText('turn 2 of 3').waitFor()
    await expect.poll(() => page.locator('.group [aria-pressed=true]').innerText()).toContain('reward 1.00')
    expect(page.url()).toContain('/run/rich/1?turn=2')
    expect(await page.evaluate('window.written')).not.toContain('#/run/rich/1')
  })

  test('by keyboard alone: the tree, the track and the picture are reached, and the keys are told', async () => {
    await openRich()
    await page.keyboard.press('?')
    for (const key of ['h', 'm', 'f', 'c', 'space']) {
      expect(await page.locator('.keys-help dt', { hasText: key }).count()).toBeGreaterThan(0)
    }
    const reached = new Set<string>()
    for (let n = 0; n < 40; n++) {
      await page.keyboard.press('Tab')
      const name = await page.evaluate(
        '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim()',
      )
      reached.add(String(name))
      if (name === 'Turn 2: Looks into observation 1') break
    }
    const all = [...reached].join('\n')
    for (const name of [
      'The picture, 1024',
      'Zoom in',
      'Play the search',
      'Turn (0 shows',
      'Turn 1: Looks into the original',
    ]) {
      expect(all).toContain(name)
    }
    await page.keyboard.press('Enter')
    expect(await page.locator('.card.now').getAttribute('data-turn')).toBe('2')
  })

  test('a screen reader is told the name of everything that can be used, and what every picture shows', async () => {
    await openRich()
    const told = await page.locator('main').ariaSnapshot()
    // A role without a name behind it.
    expect(told.match(/- (button|link|checkbox|slider|img|region|group|heading)( \[[^\]]*\])*:?$/gm) ?? []).toEqual([])
    expect(told).toContain('img "The picture, 1024 × 1024 pixels')
    expect(told).toContain('img "As the policy saw it: observation 2, x 0 to 256, y 0 to 256 of the original"')
    expect(told).toContain('heading "Turn 3: Box refused" [level=3]')
    expect(told).toMatch(/slider "Turn \(0 shows the whole search\)"/)
  })

  test('a run as files opens from a file, and replays there', async () => {
    const site = join(folder, 'site')
    const { page: index } = await exportSite(join(folder, 'runs', 'rich'), site, 5, new AbortController().signal)
    const wrong: string[] = []
    const files = await openFile(page.context().browser()!, index, wrong)
    await files.getByText('2 of 2 searches').waitFor()
    expect(await files.locator('.scores').innerText()).toMatch(/Avg@1, %/)
    const chart = files.getByRole('img', { name: /^Accuracy by turn limit/ })
    await expect
      .poll(() => chart.evaluate((one) => (one as unknown as { naturalWidth: number }).naturalWidth))
      .toBe(720)
    await files.getByRole('combobox', { name: /^End/ }).selectOption('over-turn')
    await files.getByText('1 of 2 searches').waitFor()
    await files.getByRole('button', { name: 'show all' }).click()
    // Each row leads to its own search.
    await files.locator('tbody a').nth(1).click()
    await files.locator('.canvas').waitFor()
    expect(await files.locator('.group [aria-pressed=true]').innerText()).toContain('search 2')
    await files.keyboard.press('x')
    expect(await files.locator('.card > details[open]').count()).toBe(0)
    await files.keyboard.press('x')
    await files.keyboard.press('ArrowRight')
    expect(await files.locator('.card.now').getAttribute('data-turn')).toBe('1')
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
      await page.goto(`${base}/#/${path}`)
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
