/** What the page of a search tells of the inside of its turns: times, tokens, costs and waits. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProgram } from '../../test/run-program.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import { writePacedRun, writeTokensRun } from '../../test/paced-run.ts'
import { hasBrowser, servePage } from '../../test/served-page.ts'
import type { ServedPage } from '../../test/served-page.ts'
import { writeRichRun } from '../../test/searched.ts'

describe.skipIf(!hasBrowser)('the inside of a turn', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  const errors: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inside-page-'))
    await writePacedRun(join(folder, 'runs', 'paced'))
    await writeTokensRun(join(folder, 'runs', 'trained'))
    await writeRichRun(join(folder, 'runs', 'rich'))
    served = await servePage(join(folder, 'runs'), errors)
    page = served.page
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const line = (): Promise<string> => page.locator('.pace').innerText()
  /** Which searches are of training is known some time after their text. */
  const shadeTokens = async (): Promise<void> => {
    await page.getByLabel('shade tokens').waitFor()
    await page.keyboard.press('l')
  }
  const slider = () => page.getByRole('slider', { name: /^Turn/ })

  test('the figures of a turn, and so far, stand below the timeline and are spoken with its slider', async () => {
    await served.open('run/paced/0')
    await expect.poll(line).toMatch(/^All: 10.0 s, of which 2.5 s waiting \(2 retries\); 6,100 tokens sent.*cost 0\.0/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    const second =
      /Turn 2: 5.0 s, of which 2.5 s waiting \(2 retries\); 2,350 tokens sent \(1,000 cached\), 60 written; cost/
    await expect.poll(line).toMatch(second)
    await expect.poll(() => slider().getAttribute('aria-valuetext')).toMatch(second)
    await expect.poll(() => page.locator('.question dl').innerText()).toMatch(/Tokens\s+6,100 in, 190 out/)
    await expect.poll(() => page.locator('.question dl').innerText()).toMatch(/Cost\s+0\.00/)
  })

  test('a key changes to an axis of time, on which waits are hatched and keys still go from turn to turn', async () => {
    await served.open('run/paced/0')
    await page.locator('.dots').waitFor()
    await page.keyboard.press('a')
    const segments = page.locator('.segments i')
    await expect.poll(() => segments.count()).toBe(3)
    expect(await page.locator('.segments .wait').count()).toBe(2)
    const wide = await segments.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width))
    expect(wide[1]! / wide[0]!).toBeCloseTo(2.5, 0)
    await slider().focus()
    for (const turn of [1, 2, 3]) {
      await page.keyboard.press('ArrowRight')
      await expect.poll(() => slider().getAttribute('aria-valuetext')).toContain(`turn ${turn} of 3`)
    }
    await page.keyboard.press('Home')
    await expect.poll(() => slider().getAttribute('aria-valuetext')).toContain('all 3 turns')
    // Half of the time is in the middle of the second turn. Pictures that load may still move the slider.
    const pointed = async (): Promise<string> => {
      const box = (await slider().boundingBox())!
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
      return line()
    }
    await expect.poll(pointed).toMatch(/^Turn 2:/)
    await page.mouse.down()
    await page.mouse.up()
    await expect.poll(() => page.locator('.card.now').getAttribute('data-turn')).toBe('2')
  })

  test('on the axis of time a number that has no room in its turn is left out, never cut off', async () => {
    const search = storedSearch({ seed: 1, right: true, turns: 14 })
    const turns = search.turns.map((turn, index) => ({ ...turn, ms: index === 0 ? 20_000 : 200 * (index + 1) }))
    await writeRun(
      join(folder, 'runs', 'uneven'),
      { command: 'eval' },
      { 'trajectories.jsonl': jsonLines([{ ...search, turns }]) },
    )
    const shown: number[] = []
    for (const width of [380, 1280]) {
      await page.setViewportSize({ width, height: 900 })
      await served.open('run/uneven/0')
      await page.getByLabel('time axis').check()
      const numbers = page.locator('.segments b')
      await expect.poll(() => numbers.count()).toBe(14)
      const places = await numbers.evaluateAll((all) =>
        all.map((one) => {
          const [own, turn] = [one.getBoundingClientRect(), one.parentElement!.getBoundingClientRect()]
          const isIn = own.left >= turn.left && own.right <= turn.right && own.top < turn.bottom
          return isIn ? 'shown' : own.top >= turn.bottom ? 'left out' : 'cut off'
        }),
      )
      expect(places[0]).toBe('shown')
      expect(places).not.toContain('cut off')
      shown.push(places.filter((place) => place === 'shown').length)
    }
    expect(shown[0]).toBeLessThan(shown[1]!)
    expect(shown[1]).toBeGreaterThan(4)
  })

  test('a failed attempt stands in the card of its turn with its reason and wait', async () => {
    await served.open('run/paced/0')
    await expect
      .poll(() => page.locator('.card[data-turn="2"] .retries').innerText())
      .toMatch(/slow down <b>.*waited 1.5 s/)
    await served.open('run/paced/1')
    await expect.poll(() => page.locator('.card.ending').innerText()).toMatch(/overloaded.*waited 1.0 s/s)
    await expect.poll(line).toMatch(/^All: 9.0 s, of which 1.0 s waiting/)
  })

  test('a search of an earlier version shows what it has, on its axis of turns', async () => {
    await served.open('run/rich/0')
    await expect.poll(line).toMatch(/^All: \d+ ms$/)
    expect(await page.locator('.token-bars').count()).toBe(0)
  })
  test('requests and replies are text, the command to repeat one is copied without the key, and is quoted', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: served.base })
    await served.open('run/paced/0')
    const panel = page.locator('.card[data-turn="2"] .exchange')
    await panel.locator('summary').click()
    const requests = panel.getByRole('group')
    await expect.poll(() => requests.count()).toBe(2)
    await expect.poll(() => requests.nth(0).innerText()).toContain('overloaded')
    await expect.poll(() => requests.nth(1).locator('pre').innerText()).toContain('<img src=x onerror=')
    await requests.nth(1).getByRole('button', { name: 'request', exact: true }).click()
    await expect.poll(() => requests.nth(1).locator('pre').innerText()).toContain('(no further message)')
    expect(await panel.locator('img').count()).toBe(0)
    await requests.nth(0).getByRole('button', { name: 'request', exact: true }).click()
    await expect.poll(() => requests.nth(0).locator('pre').innerText()).toContain('the 1 message of the conversation')
    await requests.nth(0).getByRole('button', { name: 'copy as curl' }).click()
    await expect.poll(() => requests.nth(0).getByRole('status').innerText()).toBe('The command is copied.')
    const command = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(command).toContain('authorization: Bearer $TEST_API_KEY"')
    expect(command).toContain(String.raw`'\''$(touch pwned)'\''`)
    expect(command).toContain(`${served.base}/api/runs/paced/items/0/sent?observation=0&sha256=${'ab'.repeat(32)}`)
    expect(await page.title()).not.toBe('pwned')
  })

  test('a search without stored exchanges says how to get them, unless its policy asks no model', async () => {
    await served.open('run/trained/0')
    await page.locator('.card[data-turn="1"]').getByText('raw reply').waitFor()
    expect(await page.locator('.exchange').count()).toBe(0)
    await served.open('run/paced/1')
    const panel = page.locator('.card[data-turn="1"] .exchange')
    await panel.locator('summary').click()
    await expect.poll(() => panel.innerText()).toContain('--keep-exchanges')
  })

  test('requests and replies of one search are not shown as those of the next, and what failed is asked for again', async () => {
    await served.open('run/paced/0')
    const panel = page.locator('.card[data-turn="1"] .exchange')
    await page.route('**/exchanges?*', (route) => route.abort())
    await panel.locator('summary').click()
    await panel.getByText('The server does not answer.').waitFor()
    await page.unroute('**/exchanges?*')
    await panel.locator('summary').click()
    await panel.locator('summary').click()
    await panel.getByText('HTTP 200').waitFor()
    await page.evaluate('location.hash = "#/run/paced/1"')
    await expect.poll(() => panel.getByText('HTTP 200').count()).toBe(0)
    await panel.locator('summary').click()
    await panel.getByText('They were not stored.').waitFor()
  })

  test('tokens that cannot be loaded are not said to be missing', async () => {
    const error = { message: 'The log is gone.', code: 'log_unreadable' }
    await page.route('**/tokens', (route) => route.fulfill({ status: 409, json: { error } }))
    await served.open('run/trained/0')
    await shadeTokens()
    await page.locator('.turns').getByText('The log is gone.').waitFor()
    await page.unroute('**/tokens')
  })

  test('in a training run a key shades the tokens, and the arrow keys tell the figures of each', async () => {
    await served.open('run/trained/0')
    const card = page.locator('.card[data-turn="1"]')
    await shadeTokens()
    const shaded = card.locator('.token-heat .thought span')
    await expect.poll(() => shaded.count()).toBe(4)
    expect(await card.locator('.token-heat i').count()).toBe(0)
    await expect.poll(() => page.locator('.heat-legend').innerText()).toContain('-5 or less')
    await expect.poll(() => page.locator('.turns').innerText()).toContain('Only those of its first 1 turn are stored')
    await card.locator('.token-heat .thought').focus()
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
    const figures = 'token 3 of 4, "<i>in</i>": log-probability -4.60, probability 1.01 %, entropy 2.40 nats'
    await expect.poll(() => card.locator('.token-figures').innerText()).toBe(figures)
    await page.keyboard.press('l')
    await expect.poll(() => page.locator('.token-heat').count()).toBe(0)
    await served.open('run/trained/1')
    await shadeTokens()
    await expect.poll(() => page.locator('.turns').innerText()).toContain('earlier versions did not store them')
  })

  test('the shades can tell entropies, chosen by keyboard, and a search without them says so', async () => {
    await served.open('run/trained/0')
    const card = page.locator('.card[data-turn="1"]')
    await shadeTokens()
    const choice = page.getByRole('group', { name: 'Figure that shades the tokens' })
    const pressed = () => choice.locator('[aria-pressed=true]').innerText()
    const shades = (): Promise<string[]> =>
      card.locator('.token-heat .thought span').evaluateAll((all) => all.map((one) => one.style.background))
    await expect.poll(pressed).toBe('log-probability')
    const [first, second] = await shades()
    await choice.getByRole('button', { name: 'log-probability' }).focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect.poll(pressed).toBe('entropy')
    await expect.poll(() => page.locator('.heat-legend').innerText()).toMatch(/in nats: 0 is no choice.*3 or more/s)
    const opacity = (shade = ''): number => Number(/([\d.]+)\)$/.exec(shade)?.[1])
    const entropies = await shades()
    expect(entropies.map(opacity)).toEqual([0.06, 0.69, 2.4, 0].map((nats) => expect.closeTo((nats / 3) * 0.6, 2)))
    expect(entropies.slice(0, 2)).not.toEqual([first, second])
    const means = '4 tokens, on average log-probability -1.28, entropy 0.79 nats'
    await expect.poll(() => card.locator('.token-figures').innerText()).toBe(means)
    await served.open('run/trained/2')
    await shadeTokens()
    await choice.getByRole('button', { name: 'entropy' }).click()
    await expect.poll(() => page.locator('.turns').innerText()).toContain('This search has no entropies')
    expect((await shades()).map(opacity)).toEqual([0, 0, 0, 0])
    expect(await card.locator('.token-figures').innerText()).not.toContain('entropy')
  })

  test('an exported page shades the tokens alike, and says where none were stored', async () => {
    const run = join(folder, 'runs', 'trained')
    const site = join(folder, 'site')
    expect(await startProgram(['view', run, '--export', site]).ended).toMatchObject({ code: 0 })
    const file = (await readdir(site)).find((name) => name.startsWith('problem-'))!
    await page.goto(pathToFileURL(join(site, file)).href)
    const card = page.locator('.card[data-turn="1"]')
    await shadeTokens()
    await expect.poll(() => card.locator('.token-heat .thought span').count()).toBe(4)
    await page.getByRole('button', { name: 'entropy' }).click()
    await page.keyboard.press('2')
    await expect.poll(() => page.locator('.turns').innerText()).toContain('earlier versions did not store them')
  })

  test('and nothing breaks in the page', () => {
    expect(errors).toEqual([])
  })
})
