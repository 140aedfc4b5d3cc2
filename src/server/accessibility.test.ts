/** Every page passes axe's checks, light and dark, wide and narrow. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import type { RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writePacedRun, writeTokensRun } from '../../test/paced-run.ts'
import { hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import { writeTryPage } from '../page/try-page.ts'
import { shippedCheckpoint } from '../policy/embedded/embedded-policy.ts'

/** A page: its address, what is visible once it is there, and what opens more of it. */
interface Visit {
  readonly name: string
  readonly address: string
  readonly there: string
  /** Names of the boxes below the picture that are checked. */
  readonly checks?: readonly string[]
  /** Elements that are clicked then. */
  readonly opens?: string
  /** What is visible after that. */
  readonly opened?: string
  /** A field that is emptied then, and its form sent. */
  readonly empties?: string
  /** The page is a file, in place of one of the server. */
  readonly file?: 'try.html'
}

const fork = 'button:has-text("fork from here")'
const entropies = { there: '.turns', checks: ['shade tokens'], opens: '.button-bar :text-is("entropy")' }
const forkForm = { address: 'run/first/1?turn=1', there: fork, opens: fork, opened: '.fork .go:enabled' }

/** The dark differs from the light in its colours alone, so it is put to these rules of axe, and not once more to all. */
const ofColours = ['color-contrast', 'link-in-text-block']

const visits: readonly Visit[] = [
  { name: 'the form', address: '', there: 'form' },
  { name: 'the list of runs', address: 'runs', there: 'table' },
  { name: 'searches found in all runs', address: 'runs?find=correct', there: '.find li li' },
  { name: 'a filter over all runs that cannot be read', address: 'runs?find=foo+%3E', there: '.find .problem' },
  {
    name: 'curves of several runs',
    address: 'curves/first/second/trained',
    there: '.charts img',
    opens: '.charts summary',
  },
  { name: 'a run', address: 'run/first', there: '.virtual tr[data-row]' },
  { name: 'problems', address: 'run/first?rows=problems', there: '.virtual tr[data-row]' },
  { name: 'a training run', address: 'run/trained', there: '.charts' },
  { name: 'a search', address: 'run/first/1', there: '.turns' },
  {
    name: 'a turn with every mark',
    address: 'run/first/1?turn=2',
    there: '.turns',
    checks: ['path', 'heat', 'target', 'zoom along'],
    opens: '.by-keys',
    opened: '.keys-help',
  },
  {
    name: 'a turn on an axis of time, with failed attempts',
    address: 'run/paced/0?turn=2',
    there: '.pace',
    checks: ['time axis'],
  },
  {
    name: 'requests and replies',
    address: 'run/paced/0',
    there: '.turns',
    opens: '.exchange > summary',
    opened: '.exchange .request',
  },
  {
    name: 'log-probabilities',
    address: 'run/tokens/0',
    there: '.turns',
    checks: ['shade tokens'],
    opened: '.heat-legend',
  },
  { name: 'entropies', address: 'run/tokens/0', ...entropies, opened: '.heat-legend:has-text("Entropy")' },
  {
    name: 'log-probabilities without entropies',
    address: 'run/tokens/2',
    ...entropies,
    opened: 'text=This search has no entropies',
  },
  { name: 'a search that failed', address: 'run/paced/1', there: '.card.ending' },
  {
    name: 'searches side by side',
    address: 'run/first/1?turn=1',
    there: '.turns',
    checks: ['side by side'],
    opened: '.side-by-side',
  },
  {
    name: 'a search with notes',
    address: 'run/first/2',
    there: '.notes-panel',
    opens: '.notes-panel .star, .verdicts :text-is("right")',
    opened: '.notes-row:has(:text("undo")) .verdicts [aria-pressed=true]:text-is("right")',
  },
  { name: 'a fork', ...forkForm },
  { name: 'a fork that is refused', ...forkForm, empties: '.fork .edges input >> nth=0' },
  { name: 'a search with two forks', address: 'run/first/0', there: '.forks li:nth-child(2)' },
  { name: 'a comparison', address: 'diff/first/second', there: '.virtual tr[data-row]' },
  { name: 'a run that does not exist', address: 'run/nowhere', there: '.problem' },
  { name: 'a page that does not exist', address: 'nowhere', there: 'main' },
  { name: 'the form of the page that searches', file: 'try.html', address: '', there: 'img.chosen' },
  { name: 'a search in the page', file: 'try.html', address: '', there: 'img.chosen', opens: '.go', opened: '.turns' },
]

describe.skipIf(!hasBrowser)('the pages', () => {
  let folder: string
  let served: ServedPage

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'accessible-'))
    const log = 'trajectories.jsonl'
    const settings = { command: 'eval', policy: 'embedded', maxTurns: 8 }
    const searches = (right: number): string =>
      jsonLines(
        Array.from({ length: 24 }, (_, i) =>
          storedSearch({ seed: i >> 1, sampleIndex: i % 2, right: i < right, turns: 2 + (i % 4) }),
        ),
      )
    await writeRun(join(folder, 'first'), settings, { [log]: searches(12) })
    const parent = { run: 'first', sampleIndex: 0, policy: 'embedded', turn: 1, changed: ['box'] } as const
    const forks = [0, 1].map((sampleIndex) => ({ ...storedSearch({ seed: 0, right: true, sampleIndex }), parent }))
    const ofFirst = { command: 'fork', of: settings }
    await writeRun(join(folder, 'first', 'forks'), ofFirst, { [log]: jsonLines(forks) })
    await writeRun(join(folder, 'second'), settings, { [log]: searches(20) })
    const steps = Array.from({ length: 9 }, (_, step) => ({
      stage: 'rl',
      step,
      reward: step / 10,
      turns: 3,
      maskedShare: 0.2,
      ends: { answered: 0.8, 'over-turn': 0.2 },
    }))
    await writeRun(
      join(folder, 'trained'),
      { command: 'rl', policy: 'embedded' },
      { 'metrics.jsonl': jsonLines(steps) },
    )
    await writePacedRun(join(folder, 'paced'))
    await writeTokensRun(join(folder, 'tokens'))
    await writeTryPage(join(folder, 'try.html'), shippedCheckpoint)
    served = await servePage(folder, [])
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** What axe finds, as lines that say what is wrong where. `rules`: those that are checked; all, if left out. */
  async function findings(page: Page, rules?: readonly string[]): Promise<string[]> {
    const options: RunOptions = { resultTypes: ['violations'], ...(rules && { runOnly: [...rules] }) }
    return page.evaluate(async (given) => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(given)
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target, any }) => `${id}: ${help} (${target.join(' ')}) ${any[0]?.message ?? ''}`),
      )
    }, options)
  }

  /** Opens a page with all that its visit opens of it. */
  async function visit({ address, there, checks = [], opens, opened, empties, file }: Visit): Promise<void> {
    const { page } = served
    if (file === undefined) await served.open(address)
    else await page.goto(pathToFileURL(join(folder, file)).href)
    await page.locator(there).first().waitFor()
    for (const name of checks) {
      const box = page.locator('.controls').getByLabel(name)
      await box.click()
      await expect.poll(() => box.isChecked()).toBe(true)
    }
    if (opens !== undefined) {
      await page.locator(opens).first().waitFor()
      for (const one of await page.locator(opens).all()) await one.click()
    }
    if (opened !== undefined) await page.locator(opened).first().waitFor()
    if (empties !== undefined) {
      await page.locator(empties).fill('')
      await page.keyboard.press('Enter')
      await page.locator('[aria-invalid]:focus').waitFor()
    }
  }

  test.each(visits)('$name has no finding', async (wanted) => {
    const { page } = served
    const found: string[] = []
    const keep = (how: string, all: readonly string[]): void => void found.push(...all.map((one) => `${how}: ${one}`))
    for (const width of [1280, 380]) {
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await visit(wanted)
      await page.evaluate(axe.source)
      keep(`light, ${width} px`, await findings(page))
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
      keep(`dark, ${width} px`, await findings(page, ofColours))
    }
    expect(found).toEqual([])
  })
})
