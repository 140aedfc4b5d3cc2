/** Searches as a page that is opened from a file, in a real browser. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFile } from '../../test/page-file.ts'
import { openBrowser } from '../../test/served-page.ts'
import { hasBrowser } from '../../test/served-page.ts'
import { makeProblem } from '../probe/problem.ts'
import { makeScene } from '../probe/scene.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { pixelBox, relativeBox } from '../protocol/box.ts'
import { profileHash, profiles } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import type { Picture } from '../vision/picture.ts'
import { writePage } from './write-page.ts'

const hostile = '</script><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
const profile = profiles.embedded
const scene = makeScene(3, 'hard')
const picture = scenePicture(scene, 1000)
const other = scenePicture(makeScene(4, 'easy'), 600)

const usage = { promptTokens: 70, imageTokens: 64, replyTokens: 20 }
const sized = (...box: [number, number, number, number]) => {
  return { boxInOriginalPx: pixelBox(...box), view: { width: 64, height: 64 } }
}
const look = (source: string, box: [number, number, number, number], observation: number) =>
  ({
    text: '...',
    finish: 'stop',
    thought: `goal: look ${observation}.`,
    action: { kind: 'grounding', boxRel: relativeBox(...box), source },
    observation,
    usage,
    ms: 12,
  }) as const

function search(change: Partial<Trajectory> = {}, { sha256, width, height }: Picture = picture): Trajectory {
  const target = { targetBoxRel: relativeBox(0.3, 0.3, 0.32, 0.32) }
  const { observation: _, ...refused } = look('observation_7', [0, 0, 1, 1], 9)
  return {
    version: 1,
    problem: { ...makeProblem(scene), question: 'Which digit?', answer: '7', ...target },
    picture: { sha256, width, height },
    policy: 'test',
    profile: { name: profile.name, sha256: profileHash(profile) },
    maxTurns: 12,
    seed: 1,
    sampleIndex: 0,
    turns: [
      look('original_image', [0, 0, 0.5, 0.5], 1),
      look('observation_1', [0.5, 0.5, 0.75, 0.75], 2),
      { ...refused, error: { code: 'no-such-source', error: 'There is no observation_7 yet.' } },
      { text: hostile, finish: 'stop', thought: hostile, action: { kind: 'answer', text: '7' }, usage, ms: 12 },
    ],
    observations: [
      { index: 0, parent: null, boxPx: pixelBox(0, 0, width, height), ...sized(0, 0, width, height) },
      { index: 1, parent: 0, boxPx: pixelBox(0, 0, 500, 500), ...sized(0, 0, 500, 500) },
      { index: 2, parent: 1, boxPx: pixelBox(250, 250, 375, 375), ...sized(250, 250, 375, 375) },
    ],
    end: 'answered',
    answer: '7',
    usage,
    ms: 48,
    verdict: { kind: 'correct', reason: 'the same' },
    ...change,
  }
}

describe.skipIf(!hasBrowser)('a page of searches that is opened from a file', () => {
  let folder: string
  let browser: Browser
  const wrong: string[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mini-o3-file-'))
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function open(trajectories: readonly Trajectory[], address = '', notes: readonly string[] = []): Promise<Page> {
    const file = join(folder, 'page.html')
    const shown = trajectories.map((trajectory, index) => {
      const seen = trajectory.picture.sha256 === picture.sha256 ? picture : other
      return { title: ['easy', 'hard', 'medium'][index]!, trajectory, picture: seen, profile }
    })
    await writePage(file, 'Some searches', shown, { notes })
    const page = await openFile(browser, file, wrong, address)
    await page.locator('.question h2').waitFor()
    return page
  }

  test('holds question, answer, truth, verdict and every turn, and every picture is there', async () => {
    const page = await open([search()])
    await page.getByText('Looks into observation 1').waitFor()
    const told = await page.locator('main').innerText()
    for (const text of [
      'Which digit?',
      'correct',
      'goal: look 1.',
      'Looks into observation 1',
      'Box refused',
      'Truth',
    ]) {
      expect(told).toContain(text)
    }
    await expect.poll(() => page.locator('.turns .card').count()).toBe(5)
    // Crops of crops stand at their place in the original, thinner the deeper.
    const boxes = await page
      .locator('.canvas .box')
      .evaluateAll((all) => all.map((one) => [one.getAttribute('class'), one.querySelector('.line')!.outerHTML]))
    expect(boxes).toEqual([
      [expect.stringContaining('turn-1 depth-1'), expect.stringMatching(/x="0" y="0" width="500" height="500"/)],
      [expect.stringContaining('turn-2 depth-2'), expect.stringMatching(/x="250" y="250" width="125" height="125"/)],
    ])
    await page.getByAltText('As the policy saw it: observation 2, x 250 to 375, y 250 to 375 of the original').waitFor()
    const widths = await page.locator('img').evaluateAll((all) =>
      Promise.all(
        (all as unknown as { decode(): Promise<void>; naturalWidth: number }[]).map(async (one) => {
          await one.decode()
          return one.naturalWidth
        }),
      ),
    )
    expect(Math.min(...widths)).toBeGreaterThan(0)
    // Figures are drawn by a server.
    await expect.poll(() => page.getByRole('link', { name: 'SVG' }).count()).toBe(0)
    await page.close()
  })

  test('replays by key from the turn in the address, with sharper crops over the picture; the address follows', async () => {
    const page = await open([search()], '#/search/1?turn=2')
    await expect.poll(() => page.locator('.scrub output').innerText()).toBe('turn 2 of 4')
    await expect.poll(() => page.locator('.picture .layer').count()).toBe(3)
    await page.keyboard.press('Home')
    await expect.poll(() => page.locator('.picture .layer').count()).toBe(1)
    await page.keyboard.press('End')
    await page.waitForURL(/#\/search\/1\?turn=4$/)
    await expect.poll(() => page.locator('.card.now .thought').innerText()).toBe(hostile)
    await expect.poll(() => page.title()).toBe('Some searches')
    await page.close()
  })

  test('several searches: chosen by number or address; only those of one picture stand side by side', async () => {
    const page = await open([search(), search({ answer: '4' }), search({ answer: '5' }, other)], '#/search/2')
    const chosen = page.locator('.group [aria-pressed=true]')
    await expect.poll(() => chosen.innerText()).toContain('hard')
    await page.keyboard.press('3')
    await expect.poll(() => chosen.innerText()).toContain('medium')
    await page.waitForURL(/#\/search\/3$/)
    await expect.poll(() => page.getByLabel('side by side').count()).toBe(0)
    await page.close()
    const same = await open([search(), search({ answer: '4' })])
    await same.keyboard.press('c')
    await same.locator('.side-by-side .canvas').nth(1).waitFor()
    await same.waitForURL(/compare=1$/)
    await same.close()
  })

  test('the target and its checkbox are there only when the place is known', async () => {
    const known = await open([search()])
    await known.getByLabel('target').check()
    await expect.poll(() => known.locator('.canvas .target').count()).toBe(1)
    await expect.poll(() => known.locator('.holds-target:visible').count()).toBe(2)
    await known.close()
    const { targetBoxRel: _, ...problem } = search().problem
    const page = await open([search({ problem })])
    await expect.poll(() => page.getByLabel('target').count()).toBe(0)
    await page.close()
  })

  test('a search without any turn that failed, one that answered beyond its limit, and notes', async () => {
    const failure = { code: 'gone', message: 'the policy went away' }
    const [original] = search().observations
    const failed = search({ turns: [], observations: [original!], answer: null, end: 'failed', failure })
    const beyond = search({ turns: search().turns.slice(0, 3), end: 'over-turn' })
    const page = await open([failed, beyond], '', ['2 x failed (gone): the line is dead'])
    await expect.poll(() => page.locator('.notes').innerText()).toBe('2 x failed (gone): the line is dead')
    await expect
      .poll(() => page.locator('.ending').innerText())
      .toMatch(/No answer: the policy failed\s+the policy went away/)
    await page.keyboard.press('2')
    await expect
      .poll(() => page.locator('.ending').innerText())
      .toContain('Answered beyond the limit: ran out of turns')
    await expect.poll(() => page.locator('.tree').textContent()).toContain('beyond limit')
    await page.close()
  })

  test('a phone: nothing is wider than the screen', async () => {
    const page = await open([search(), search()])
    await page.setViewportSize({ width: 380, height: 800 })
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    await page.close()
  })

  test('all this without an error, without a request, and nothing of a model has run', async () => {
    const page = await open([search({ problem: { ...search().problem, question: hostile }, answer: hostile })])
    await expect.poll(() => page.locator('.question h2').innerText()).toBe(hostile)
    expect(await page.evaluate('window.pwned')).toBeUndefined()
    expect(wrong).toEqual([])
    await page.close()
  })
})
