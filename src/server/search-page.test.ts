/** One search on its page: picture, track, tree and cards, by pointer and by keyboard, in a real browser on the real program. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { writeRichRun, writeTurnedRun } from '../../test/searched.ts'

/** After that long a page asks the server again. */
const refreshMs = 10_000

describe.skipIf(!hasBrowser)('the page of a search', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  const errors: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'search-page-'))
    await writeRichRun(join(folder, 'runs', 'rich'))
    await writeTurnedRun(join(folder, 'runs', 'turned'))
    served = await servePage(join(folder, 'runs'), errors)
    page = served.page
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  beforeEach(() => page.setViewportSize({ width: 1280, height: 900 }))

  const openRich = async (): Promise<void> => {
    await served.open('run/rich/0')
    await page.locator('.turns .card').nth(4).waitFor()
    // The second search is loaded after the first.
    await page.locator('.group button').nth(1).waitFor()
  }
  async function expectCount(selector: string, count: number): Promise<void> {
    await expect.poll(() => page.locator(selector).count(), { message: selector }).toBe(count)
  }
  async function expectTurn(selector: string, turn: string): Promise<void> {
    await expect.poll(() => page.locator(selector).getAttribute('data-turn'), { message: selector }).toBe(turn)
  }

  test('marks on the picture go and come by their keys; a refused box is hatched, a search that met a limit is masked', async () => {
    await openRich()
    await expectCount('.canvas .box', 4)
    await expectTurn('.canvas .refused-box', '3')
    await expect.poll(() => page.locator('.refused-box .line').getAttribute('style')).toContain('url("#refused")')
    await expect.poll(() => page.locator('.question').innerText()).toContain('masked in training')
    for (const [key, mark, count] of [
      ['h', '.heat .warm', 3],
      ['p', '.path .head', 2],
      ['t', '.canvas .target', 1],
    ] as const) {
      await expectCount(mark, 0)
      await page.keyboard.press(key)
      await expectCount(mark, count)
      await page.keyboard.press(key)
      await expectCount(mark, 0)
    }
    await page.keyboard.press('b')
    await expectCount('.canvas .box', 0)
  })

  test('cards fold by their heads and all at once by a key, also while one is focused; the arrows go on', async () => {
    await openRich()
    const open = '.card > details[open]'
    await expectCount(open, 5)
    await page.locator('.card[data-turn="2"] > details > summary').click()
    await page.locator('.card[data-turn="2"] .pair').waitFor({ state: 'hidden' })
    await page.keyboard.press(' ')
    await page.locator('.card[data-turn="2"] .pair').waitFor({ state: 'visible' })
    await page.keyboard.press('x')
    await expectCount(open, 0)
    await page.keyboard.press('ArrowRight')
    await expectTurn('.card.now', '1')
    await page.keyboard.press('Enter')
    await expectCount(open, 1)
    await page.keyboard.press('x')
    await expectCount(open, 5)
  })

  test('the arrows go from turn to turn also after a button or a box was clicked, which a space still presses', async () => {
    await openRich()
    await page.getByLabel('path').click()
    await page.keyboard.press('ArrowRight')
    await expectTurn('.card.now', '1')
    await expectCount('.path .head', 0)
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.keyboard.press('ArrowRight')
    await expectTurn('.card.now', '2')
    await expectCount('.path .head', 1)
    await page.getByLabel('path').focus()
    await page.keyboard.press(' ')
    await expectCount('.path .head', 0)
    await expectTurn('.card.now', '2')
  })

  const inSight = async (selector: string): Promise<boolean> => {
    const box = await page.locator(selector).boundingBox()
    return box !== null && box.y >= 0 && box.y + box.height <= page.viewportSize()!.height
  }

  test.each([
    [1280, 900],
    [1280, 720],
    [1024, 768],
  ])('the picture, the track and the tree stay in sight to the last turn, at %i × %i', async (width, height) => {
    await page.setViewportSize({ width, height })
    await openRich()
    await page.locator('.notes-panel').waitFor()
    await page.keyboard.press('End')
    // The page scrolls there smoothly, and the cards go by beside the picture.
    await expectTurn('.card.now', '4')
    for (const part of ['.card.now h3', '.picture', '.track', '.tree'])
      await expect.poll(() => inSight(part)).toBe(true)
  })

  test.each([
    [800, 600],
    [800, 1000],
    [1024, 768],
    [1280, 720],
    [380, 800],
  ])('the whole picture and the track are on the first screen, at %i × %i', async (width, height) => {
    await page.setViewportSize({ width, height })
    await openRich()
    for (const part of ['.picture', '.track']) await expect.poll(() => inSight(part)).toBe(true)
    await page.locator('.notes-panel').waitFor()
    await page.keyboard.press('c')
    await page.locator('.side-by-side .picture').nth(1).waitFor()
    for (const part of ['.picture >> nth=0', '.track']) await expect.poll(() => inSight(part)).toBe(true)
  })

  test('a key that is pressed at once after the address has changed is not forgotten', async () => {
    await openRich()
    await page.evaluate(`{
      const press = () => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }))
      addEventListener('hashchange', () => setTimeout(press), { once: true })
      location.hash = '#/run/rich/1'
    }`)
    await page.getByText('turn 3 of 3').waitFor()
    await expectTurn('.card.now', '3')
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

  test('what is pointed at lights up everywhere, on the track too', async () => {
    await openRich()
    await page.locator('.node[data-turn="2"]').hover()
    for (const part of ['.canvas .box', '.node', '.card']) await expectTurn(`${part}.lit`, '2')
    await expect.poll(() => page.locator('.dots .lit').innerText()).toBe('2')
    const { width, height } = (await page.locator('.track input').boundingBox())!
    await page.locator('.track input').hover({ position: { x: (width * 3) / 4, y: height / 2 } })
    await expectTurn('.card.lit', '3')
  })

  const viewBoxes = (): Promise<unknown> =>
    page.locator('.canvas').evaluateAll((all) => all.map((one) => one.getAttribute('viewBox')))

  test('the picture zooms along with the turns, the minimap says where, and pictures side by side zoom together', async () => {
    await openRich()
    await expect.poll(viewBoxes).toEqual(['0 0 1024 1024'])
    await page.locator('.minimap').waitFor({ state: 'hidden' })
    await page.keyboard.press('f')
    await page.keyboard.press('j')
    await expect.poll(viewBoxes).toEqual(['0 0 768 768'])
    await expect.poll(() => page.locator('.minimap .seen').getAttribute('width')).toBe('768')
    await page.locator('.minimap').waitFor({ state: 'visible' })
    await page.keyboard.press('f')
    await page.keyboard.press('c')
    await page.locator('.side-by-side .canvas').nth(1).waitFor()
    await page.locator('.canvas').first().focus()
    await page.keyboard.press('0')
    await expect.poll(viewBoxes).toEqual(['0 0 1024 1024', '0 0 1024 1024'])
    await page.keyboard.press('+')
    await expect.poll(viewBoxes).not.toContain('0 0 1024 1024')
    await expect.poll(async () => new Set((await viewBoxes()) as string[]).size).toBe(1)
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
      await page.locator('.keys-help dt', { hasText: key }).first().waitFor()
    }
    const reached = new Set<string>()
    for (let n = 0; n < 40; n++) {
      await page.keyboard.press('Tab')
      const name = await page.evaluate<string>(
        '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim()',
      )
      reached.add(name)
      if (name.endsWith(' 2: Looks into observation 1')) break
    }
    const all = [...reached].join('\n')
    for (const name of [
      'The picture, 1024',
      'Zoom in',
      'Play the search',
      'Turn (0 shows',
      ' 1: Looks into the original',
    ]) {
      expect(all).toContain(name)
    }
    await page.keyboard.press('Enter')
    await expectTurn('.card.now', '2')
  })

  test('the list of keys has those that act, and Escape closes it, also from its button', async () => {
    await openRich()
    const told = (key: string): Locator => page.locator('.keys-help kbd').getByText(key, { exact: true })
    const button = page.getByRole('button', { name: /^keys/ })
    await button.click()
    await told('c').waitFor()
    // No turn is shown that could be forked, and the search has no log-probabilities.
    for (const key of ['e', 'l']) expect(await told(key).count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.locator('.keys-help').waitFor({ state: 'detached' })
    expect(await button.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true)
    await page.keyboard.press('j')
    await page.keyboard.press('?')
    await told('e').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.keys-help').waitFor({ state: 'detached' })
  })

  test('a picture that is not there is said so in its place', async () => {
    await page.route('**/region?**', (route) => route.fulfill({ status: 404, body: '' }))
    await openRich()
    await page.locator('.picture').getByText('The picture cannot be loaded.').waitFor()
    await page.unroute('**/region?**')
    await openRich()
    await expectCount('.picture .gone', 0)
  })

  test('a server that has gone is said so on the open page, which goes on by itself', async () => {
    const watched = await served.openTimed('run/rich/0')
    await watched.locator('.turns .card').nth(4).waitFor()
    await watched.locator('.group button').nth(1).waitFor()
    await watched.route('**/api/**', (route) => route.abort())
    await watched.clock.fastForward(refreshMs)
    await watched.getByText('The server does not answer. If it was stopped, start it again').waitFor()
    await watched.keyboard.press('End')
    await expect.poll(() => watched.locator('.card.now').getAttribute('data-turn')).toBe('4')
    await watched.unroute('**/api/**')
    await watched.clock.fastForward(refreshMs)
    await watched.getByText('The server does not answer.').waitFor({ state: 'detached' })
    await watched.close()
    await served.open('run/rich/99')
    await page.getByText('The run has no such search. Open one from the list of the run.').waitFor()
  })

  test('what a server that was gone did not send comes when it is back, on every page', async () => {
    for (const [address, asked, shown] of [
      ['run/rich/0', '**/api/runs/rich/items/*', page.locator('.turns .card').nth(4)],
      ['diff/rich/turned/0/0', '**/api/runs/*/items/0', page.locator('.side-by-side, .turns').first()],
      ['', '**/api/setup', page.getByLabel('Question')],
    ] as const) {
      await page.route(asked, (route) => route.abort())
      await served.open(address)
      await page.getByText('The server does not answer.').first().waitFor()
      await page.unroute(asked)
      await shown.waitFor()
      await expect.poll(() => page.getByText('The server does not answer.').count()).toBe(0)
    }
  })

  test('a search that is not there is told of no other one', async () => {
    await openRich()
    await page.evaluate('location.hash = "#/run/rich/99"')
    const missing = page.getByText('The run has no such search.')
    await missing.waitFor()
    await page.evaluate('location.hash = "#/run/rich/1"')
    await page.locator('.turns .card').nth(3).waitFor()
    await missing.waitFor({ state: 'detached' })
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

  test('a picture that a tool turned says so and is shown turned; a crop of it lies on the original where it was seen', async () => {
    await served.open('run/turned/0')
    await page.locator('.turns .card').nth(3).waitFor()
    const card = page.locator('.card[data-turn="1"]')
    expect(await card.locator('h3').innerText()).toContain('Shows the original turned 90° counter-clockwise')
    await card.getByText('{"tool":"rotate","degrees":90,"source":"original_image"}').waitFor()
    await card.getByAltText('As the policy saw it: observation 1 (turned 90° counter-clockwise)').waitFor()
    const box = page.locator('.canvas .box[data-turn="2"] .line')
    await expect.poll(() => box.getAttribute('x')).toBe('768')
    expect([await box.getAttribute('width'), await box.getAttribute('height')]).toEqual(['256', '512'])
    const pixelsOf = `async (address) => {
      const image = new Image()
      image.src = address
      await image.decode()
      const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 }).getContext('2d')
      canvas.drawImage(image, 0, 0)
      return canvas.getImageData(0, 0, 64, 64).data
    }`
    const view = (index: number): string => `api/runs/turned/items/0/view?observation=${index}&sample=0`
    const same = await page.evaluate(`(async () => {
      const pixelsOf = ${pixelsOf}
      const [upright, turned] = [await pixelsOf('${view(0)}'), await pixelsOf('${view(1)}')]
      for (let y = 0; y < 64; y++) for (let x = 0; x < 64; x++)
        for (let c = 0; c < 3; c++) if (turned[((63 - x) * 64 + y) * 4 + c] !== upright[(y * 64 + x) * 4 + c]) return [x, y]
      return true
    })()`)
    expect(same).toBe(true)
  })

  test('all this without an error', () => {
    expect(errors).toEqual([])
  })
})
