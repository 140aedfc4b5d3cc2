/** The page that searches, in a real browser from a file. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFile } from '../../test/page-file.ts'
import { startProgram } from '../../test/run-program.ts'
import { hasBrowser, openBrowser } from '../../test/served-page.ts'
import { readCheckpoint, writeCheckpoint } from '../engine/embedded/checkpoint.ts'
import { packWeights, unpackWeights } from '../model/packed-weights.ts'
import { parameterSpecs } from '../model/parameters.ts'
import { openEmbeddedSampler, shippedCheckpoint } from '../policy/embedded/embedded-policy.ts'
import { samplerPolicy } from '../policy/embedded/sampler-policy.ts'
import { problemAbout, sceneFrom } from '../probe/problem.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { profiles } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { searchToEnd } from '../search/search-many.ts'
import { tryAddress, tryAgain } from './try-address.ts'
import type { TrySettings } from './try-address.ts'

const profile = profiles.embedded
const seed = 2 ** 31 + 100

/** Searches of every level, at both ends of the temperature, and one for something that is not the target. */
const wanted: readonly TrySettings[] = [
  { scene: { kind: 'shapes', level: 'easy', seed }, maxTurns: 32, temperature: 0, seed: 0 },
  { scene: { kind: 'shapes', level: 'medium', seed, digit: 7 }, maxTurns: 32, temperature: 1, seed: 3 },
  { scene: { kind: 'shapes', level: 'hard', seed }, maxTurns: 4, temperature: 1, seed: 4 },
  {
    scene: { kind: 'shapes', level: 'hard', seed: seed + 1 },
    goal: { colour: 'red', shape: 'heart' },
    maxTurns: 6,
    temperature: 0,
    seed: 0,
  },
]

function addressIn(settings: TrySettings): string {
  const { path, settings: query } = tryAddress(settings)
  const given = Object.entries(query).map(([name, value]) => `${name}=${value}`)
  return `#/${path.join('/')}?${given.join('&')}`
}

function pictureOf({ scene }: TrySettings) {
  return scenePicture(sceneFrom(scene), 4096)
}

describe.skipIf(!hasBrowser)('the page that searches', () => {
  let folder: string
  let file: string
  let bits: number
  let browser: Browser
  let wrong: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mini-o3-try-'))
    file = join(folder, 'try.html')
    const { code, stdout, stderr } = await startProgram(['try', '--out', file, '--json']).ended
    if (code !== 0) throw new Error(stderr)
    ;({ bits } = JSON.parse(stdout) as { bits: number })
    browser = await openBrowser()
  }, 480_000)
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function open(address = ''): Promise<Page> {
    wrong = []
    const page = await openFile(browser, file, wrong, address)
    await page.locator('img.chosen').waitFor()
    return page
  }

  async function searched(settings: TrySettings): Promise<Page> {
    const page = await open(addressIn(settings))
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    // A short search may be over before the click, which is then given up with the page.
    page
      .getByRole('button', { name: 'Run to the end' })
      .click()
      .catch(() => {})
    await page.getByRole('button', { name: 'Change scene or settings' }).waitFor()
    return page
  }

  /** The same searches in Node, with the weights as the page has them. */
  async function searchedInNode(all: readonly TrySettings[]): Promise<Trajectory[]> {
    const { config, parameters } = await readCheckpoint(shippedCheckpoint)
    const specs = parameterSpecs(config)
    const checkpoint = join(folder, 'rounded.safetensors')
    const rounded = unpackWeights(specs, packWeights(specs, parameters, bits), bits)
    await writeCheckpoint(checkpoint, { config, parameters: rounded })
    const { sampler, close } = await openEmbeddedSampler({ checkpoint, workers: 1 })
    const found = await Promise.all(
      all.map(async (settings) => {
        const { scene: ref, maxTurns, temperature, seed } = settings
        const scene = sceneFrom(ref)
        const { colour, shape } = settings.goal ?? scene.objects[scene.target]!
        const task = { picture: pictureOf(settings), problem: problemAbout(scene, { colour, shape }) }
        return searchToEnd(task, samplerPolicy('embedded', sampler, temperature), { profile, maxTurns, seed })
      }),
    )
    await close()
    return found.map(({ trajectory }) => trajectory)
  }

  /** A search that is not over before it is stopped. */
  async function longSearch(): Promise<TrySettings> {
    const some = Array.from({ length: 16 }, (_, i): TrySettings => {
      return { scene: { kind: 'shapes', level: 'hard', seed: seed + i }, maxTurns: 32, temperature: 1, seed: 0 }
    })
    const turns = (await searchedInNode(some)).map((one) => one.turns.length)
    return some[turns.indexOf(Math.max(...turns))]!
  }

  test('is one file below 3 MB that needs no request, and breaks nothing', async () => {
    expect((await stat(file)).size).toBeLessThan(3_000_000)
    const page = await open()
    expect(wrong).toEqual([])
    const html = await readFile(file, 'utf8')
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html)!
    expect(policy).toMatch(
      /^default-src 'none'; img-src data:; style-src 'sha256-[^ ]+'; worker-src blob:; script-src 'wasm-unsafe-eval' 'sha256-[^ ]+'; base-uri 'none'; form-action 'none'$/,
    )
    await page.close()
  }, 480_000)

  test('takes the turns that Node takes with the same weights, scene and seed, and sees the same pixels', async () => {
    const inNode = await searchedInNode(wanted)
    for (const [at, settings] of wanted.entries()) {
      const expected = inNode[at]!
      const page = await searched(settings)
      const thoughts = await page.locator('.card .thought').allTextContents()
      expect(thoughts).toEqual(expected.turns.map(({ thought }) => thought))
      const told = await page.locator('main').innerText()
      expect(told).toContain(expected.problem.question)
      expect(told).toContain(expected.picture.sha256.slice(0, 12))
      expect(await page.locator('.question .answer dd').innerText()).toContain(expected.answer ?? '–')
      const seen = await page
        .getByAltText(/^As the policy saw it/)
        .evaluateAll((all) => (all as unknown as { src: string }[]).map(({ src }) => src))
      expect(seen).toHaveLength(expected.observations.length)
      for (const [index, src] of seen.entries()) {
        const { boxInOriginalPx, view } = expected.observations[index]!
        const drawn = await pictureOf(settings).region(boxInOriginalPx, view, 'area')
        const png = Buffer.from(src.slice(src.indexOf(',') + 1), 'base64')
        expect(new Uint8Array(await sharp(png).removeAlpha().raw().toBuffer())).toEqual(drawn.data)
      }
      expect(wrong).toEqual([])
      await page.close()
    }
  }, 480_000)

  test('goes step by step, stops, and starts again with the next seed', async () => {
    const page = await open(addressIn(await longSearch()))
    const turns = page.locator('.card .thought')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    for (let step = 0; step < 3; step++) {
      const before = await turns.count()
      await page.getByRole('button', { name: 'Next turn' }).click()
      await page.getByText('Paused').waitFor()
      await expect.poll(() => turns.count(), { timeout: 60_000 }).toBeGreaterThan(before)
    }
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect.poll(() => page.locator('.question').innerText()).toContain('stopped')
    await page.getByRole('button', { name: 'Search again with seed 1' }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await page.waitForURL(/seed=1$/)
    await page.close()
  }, 480_000)

  test('a browser that cannot search says so, also of another scene', async () => {
    const page = await browser.newPage()
    await page.addInitScript(`{
      const Own = Worker
      const script = () => URL.createObjectURL(new Blob(['throw new Error("too old")']))
      window.Worker = class extends Own { constructor() { super(script()) } }
    }`)
    await page.goto(pathToFileURL(file).href)
    const told = page.getByRole('alert').getByText(/^This browser cannot search.*too old/)
    await told.waitFor()
    const before = page.url()
    await page.getByRole('button', { name: 'New scene' }).click()
    await expect.poll(() => page.url()).not.toBe(before)
    await told.waitFor()
    await page.close()
  }, 480_000)

  test('a phone: neither the form nor the search is wider than the screen', async () => {
    const page = await open()
    await page.setViewportSize({ width: 380, height: 800 })
    const wider = () => page.evaluate('document.documentElement.scrollWidth - innerWidth')
    await expect.poll(wider).toBe(0)
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.locator('.question h2').waitFor()
    await expect.poll(wider).toBe(0)
    await page.close()
  }, 480_000)

  test('an address that makes no sense leads to a scene all the same', async () => {
    const page = await open('#/scene/%3Cb%3E/-3?digit=12&about=x-y&turns=1e9&temperature=hot&seed=1.5')
    await page.waitForURL(/#\/scene\/hard\/\d+\?turns=32&temperature=1&seed=1$/)
    expect(wrong).toEqual([])
    await page.close()
  }, 480_000)
})

test('the address of a stored search is that of its scene; a photograph has none', async () => {
  const problem = problemAbout(sceneFrom({ kind: 'shapes', level: 'hard', seed: 17, digit: 3 }), {
    colour: 'red',
    shape: 'heart',
  })
  const scene = sceneFrom({ kind: 'shapes', level: 'hard', seed: 17, digit: 3 })
  const { colour, shape } = scene.objects[scene.target]!
  const stored = { problem: problemAbout(scene, { colour, shape }), maxTurns: 12, seed: 5 } as Trajectory
  expect(tryAgain(stored, 0.3)).toBe('#/scene/hard/17?digit=3&turns=12&temperature=0.3&seed=5')
  expect(tryAgain({ ...stored, problem: { ...problem, docId: 'holiday' } }, 1)).toBeUndefined()
})
