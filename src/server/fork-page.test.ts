/** Forking searches on their pages, by pointer and by keyboard, in a real browser on the real program. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdRequests, hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { jsonLines, writeRun } from '../../test/stored-searches.ts'
import type { ForkRequest } from './api/fork-types.ts'

describe.skipIf(!hasBrowser)('forking on the page', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  /** The page of an ask that has ended. */
  let asked: string
  const errors: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fork-page-'))
    served = await servePage(join(folder, 'runs'), errors)
    page = served.page
    await served.open()
    await page.getByLabel('Search with').waitFor()
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.locator('.card .verdict, .card.ending').waitFor()
    asked = page.url().split('#/')[1]!.split('?')[0]!
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const number = (name: string): Promise<number> => page.getByLabel(name, { exact: true }).inputValue().then(Number)
  const edges = (): Promise<number[]> => Promise.all(['left', 'top', 'right', 'bottom'].map(number))

  async function openFork(path = asked): Promise<void> {
    await served.open(`${path}?turn=1`)
    await page.getByRole('button', { name: /^fork from here/ }).waitFor()
    await page.keyboard.press('e')
    await page.locator('.box-editor .line').waitFor()
    await page.getByText('on 16ths of the source').waitFor()
  }

  /** Presses at one place of the picture and lets go at another, both as fractions of it. */
  async function drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const picture = page.locator('.picture')
    const size = (await picture.boundingBox())!
    // Waits until the picture stands still: what loads late moves it.
    await picture.hover({ position: { x: from[0] * size.width, y: from[1] * size.height } })
    const { x, y, width, height } = (await picture.boundingBox())!
    await page.mouse.down()
    await page.mouse.move(x + ((from[0] + to[0]) / 2) * width, y + ((from[1] + to[1]) / 2) * height)
    await page.mouse.move(x + to[0] * width, y + to[1] * height)
    await page.mouse.up()
  }

  /** What the next fork is sent as. */
  async function sent(send: () => Promise<void>): Promise<ForkRequest> {
    const [request] = await Promise.all([page.waitForRequest(/\/api\/forks$/), send()])
    return request.postDataJSON() as ForkRequest
  }

  test('a box is drawn in the steps that the policy reads, moved and resized, by pointer and by keys', async () => {
    await openFork()
    const side = Number(await page.getByLabel('right', { exact: true }).getAttribute('max'))
    const step = side / 16
    const [left, , right, bottom] = await edges()
    // The editor has the focus.
    await page.keyboard.press(left === 0 ? 'ArrowRight' : 'ArrowLeft')
    const moved = left === 0 ? step : -step
    await expect.poll(() => edges().then(([x0, , x1]) => [x0, x1])).toEqual([left! + moved, right! + moved])
    await page.keyboard.press('Shift+ArrowUp')
    await expect.poll(() => number('bottom')).toBe(bottom! - step)
    await drag([0.06, 0.06], [0.03, 0.03])
    // The smallest box around what was drawn.
    await drag([0.52, 0.53], [0.9, 0.72])
    await expect.poll(edges).toEqual([8, 8, 15, 12].map((at) => at * step))
    // By its lower right handle.
    await drag([15 / 16, 12 / 16], [12.1 / 16, 15 / 16])
    await expect.poll(edges).toEqual([8, 8, 12, 15].map((at) => at * step))
    // By itself.
    await drag([10 / 16, 10 / 16], [6 / 16, 8.9 / 16])
    await expect.poll(edges).toEqual([4, 7, 8, 14].map((at) => at * step))
    await page.getByLabel('left', { exact: true }).fill(String(2 * step))
    await page.keyboard.press('Tab')
    await expect.poll(edges).toEqual([2, 7, 8, 14].map((at) => at * step))
  })

  test('Escape cancels, from the picture and from a field, and leaves the focus where it began', async () => {
    for (const field of ['.box-editor', '.fork textarea']) {
      await openFork()
      await page.locator(field).focus()
      await page.keyboard.press('Escape')
      await page.locator('.fork').waitFor({ state: 'detached' })
      await page.locator('.turns .card').first().waitFor()
      await expect.poll(() => page.evaluate<string>('document.activeElement.textContent')).toMatch(/^fork from here/)
    }
  })

  test('another box goes on live, beside the search that it departs from, and both link to each other', async () => {
    await openFork()
    await drag([0.01, 0.01], [0.24, 0.24])
    await page.getByText('Turn 1 gets your box, and embedded continues with turn 2.').waitFor()
    const request = await sent(() => page.getByRole('button', { name: 'Continue from here' }).click())
    expect(request).toMatchObject({ turn: 1, look: { box: [0, 0, 0.25, 0.25], source: 0 }, policy: 'embedded' })
    expect(request).not.toHaveProperty('thought')
    await page.locator('.side-by-side .outcome').nth(1).waitFor()
    await page.getByText(/^Fork of a search at turn 1: another box$/).waitFor()
    expect(await page.locator('.side-by-side .outcome b:first-child').allInnerTexts()).toEqual([
      'origin',
      'fork at turn 1',
    ])
    expect(await page.locator('.departure').count()).toBe(1)
    await page.keyboard.press('c')
    await page.locator('.card .by-hand').waitFor()
    expect(await page.locator('.card[data-turn="1"]').innerText()).toContain('Written by hand: box')
    const fork = page.url()
    await page.getByRole('link', { name: 'a search', exact: true }).click()
    const listed = page.locator('.forks a').first()
    await listed.waitFor()
    expect(await listed.innerText()).toMatch(/^fork 1 at turn 1: another box, .*\d+:\d\d.* \(.+\)$/)
    await listed.click()
    await expect.poll(() => page.url().split('?')[0]).toBe(fork.split('?')[0])
    expect(errors).toEqual([])
  })

  test('without a change the policy takes the turn anew, with another seed', async () => {
    await openFork()
    await page.getByText('Nothing is kept; embedded takes turn 1 again.').waitFor()
    const request = await sent(() => page.getByRole('button', { name: 'Continue from here' }).click())
    expect(Object.keys(request).toSorted()).toEqual(['maxTurns', 'origin', 'policy', 'turn'])
    await page.getByText(/another seed$/).waitFor()
  })

  /** Sends the form, which has to stay as it is: what is wrong stands in it, and has the focus. */
  async function refused(field: string, why: RegExp): Promise<void> {
    const address = page.url()
    await page.getByRole('button', { name: 'Continue from here' }).click()
    await page.getByRole('alert').getByText(why).waitFor()
    const wrong = page.locator('.fork').getByLabel(new RegExp(`^${field}`))
    await expect.poll(() => page.locator('.fork [aria-invalid]:focus').count()).toBe(1)
    const told = await wrong.getAttribute('aria-describedby')
    expect(await page.locator(`[id="${told}"]`).innerText()).toMatch(why)
    expect(await page.locator('.fork [aria-invalid]').count()).toBe(1)
    expect(page.url()).toBe(address)
  }

  test('a thought that the policy cannot read is refused in the form, which keeps it', async () => {
    await openFork()
    const thought = page.getByLabel('Thought')
    await thought.fill('Perhaps on the left.')
    await page.getByText('Turn 1 gets your thought').waitFor()
    await refused('Thought', /Leave the thought as it is/)
    expect(await thought.inputValue()).toBe('Perhaps on the left.')
    await thought.press('End')
    await page.keyboard.type('.')
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })

  test.each(['left', 'top', 'right', 'bottom'])('an empty %s edge is refused, and none is sent', async (edge) => {
    await openFork()
    const before = await edges()
    await page.getByLabel(edge, { exact: true }).fill('')
    await refused(edge, new RegExp(`The ${edge} edge is empty`))
    // Escape leaves the form, and nothing was changed.
    await page.keyboard.press('Escape')
    await page.keyboard.press('e')
    await expect.poll(edges).toEqual(before)
  })

  test('what is typed into an edge counts when the form is sent from there; what is no edge or seed is refused', async () => {
    await openFork()
    await drag([0.3, 0.3], [0.6, 0.6])
    const [, , right] = await edges()
    await page.getByLabel('left', { exact: true }).fill(String(right))
    await refused('left', /has to be less than the right edge/)
    await page.getByLabel('left', { exact: true }).fill('99999')
    await refused('left', /from 0 to \d+/)
    await page.getByLabel('left', { exact: true }).fill('0')
    await page.getByLabel('Seed').fill('1.5')
    await refused('Seed', /The seed is 1.5/)
    await page.getByLabel('Seed').fill('')
    await page.getByLabel('left', { exact: true }).fill('0')
    const request = await sent(() => page.keyboard.press('Control+Enter'))
    expect(request.look?.box[0]).toBe(0)
    await page.getByText(/^Fork of a search at turn 1: another box/).waitFor()
  })

  test('a box at the right edge keeps its size of one step, however often shift and an arrow make it smaller', async () => {
    await openFork()
    const side = Number(await page.getByLabel('right', { exact: true }).getAttribute('max'))
    await drag([0.9, 0.9], [0.99, 0.99])
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press('Shift+ArrowLeft')
      await page.keyboard.press('Shift+ArrowUp')
    }
    const [left, top, right, bottom] = await edges()
    expect([right! - left!, bottom! - top!]).toEqual([side / 16, side / 16])
    expect(left).toBeGreaterThan(0.8 * side)
  })

  test('a server that does not answer and a model that it no longer has leave the form as it was', async () => {
    await openFork()
    await drag([0.01, 0.01], [0.24, 0.24])
    const drawn = await edges()
    await page.route('**/api/forks', (route) => route.abort())
    await page.getByRole('button', { name: 'Continue from here' }).click()
    await page.getByRole('alert').getByText('The server does not answer').waitFor()
    await expect.poll(() => page.evaluate<string>('document.activeElement.textContent')).toMatch(/does not answer/)
    await page.unroute('**/api/forks')
    await page.route('**/api/forks', async (route) => {
      const request = route.request().postDataJSON() as ForkRequest
      await route.continue({ postData: JSON.stringify({ ...request, policy: 'gone' }) })
    })
    await refused('Continue with', /policy: has to be one of "embedded"/)
    await page.unroute('**/api/forks')
    expect(await edges()).toEqual(drawn)
  })

  test('a fork that is begun while the other searches of the problem are loaded stays open', async () => {
    const stored = await fetch(`${served.base}/api/${asked.replace('ask', 'asks')}/trajectory`)
    const search: Record<string, unknown> = JSON.parse(await stored.text())
    const pair = jsonLines([0, 1].map((sampleIndex) => ({ ...search, sampleIndex })))
    await writeRun(
      join(folder, 'runs', 'pair'),
      { command: 'eval', samples: 2, maxTurns: 8, seed: 1 },
      { 'trajectories.jsonl': pair },
    )
    const held = await holdRequests(page, '**/api/runs/pair/items/0')
    await openFork('run/pair/1')
    held.release()
    await page.getByRole('group', { name: 'Searches for this problem' }).waitFor()
    expect(await page.locator('.box-editor .line').count()).toBe(1)
  })

  test('a search of a run is forked on its page, and its fork is stored beside it', async () => {
    const search = await (await fetch(`${served.base}/api/${asked.replace('ask', 'asks')}/trajectory`)).json()
    const settings = { command: 'eval', samples: 1, maxTurns: 8, seed: 1 }
    await writeRun(join(folder, 'runs', 'eval'), settings, { 'trajectories.jsonl': jsonLines([search]) })
    await openFork('run/eval/0')
    await drag([0.01, 0.01], [0.24, 0.24])
    await page.getByRole('button', { name: 'Continue from here' }).click()
    await page.getByRole('link', { name: 'part of a run' }).click()
    await page.getByText(/^Fork of a search at turn 1: another box/).waitFor()
    await page.waitForURL(/run\/eval%2Fforks\/0/)
    await page.getByRole('group', { name: 'Searches for this problem' }).getByText('origin').waitFor()
    await page.getByRole('link', { name: 'a search', exact: true }).click()
    await page.waitForURL(/run\/eval\/0/)
    await page
      .locator('.forks a')
      .getByText(/^fork 1 at turn 1: another box/)
      .waitFor()
    expect(errors).toEqual([])
  })
})
