/**
 * Takes the screenshots `docs/images/ui-*.png` from real searches of the embedded policy, in headless Chromium (`CHROMIUM`, or
 * /usr/bin/chromium). Takes minutes, most of them for searching; `--runs` uses a folder with the runs `first` and `second` of an earlier call.
 *
 *     npm run build && node scripts/take-screenshots.mjs [--problems 60] [--out docs/images] [--runs folder]
 *
 * `ui-connect.png` shows a photograph and a model of a real server, so it is taken by hand.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import sharp from 'sharp'

const { values } = parseArgs({
  options: {
    problems: { type: 'string', default: '60' },
    out: { type: 'string', default: 'docs/images' },
    runs: { type: 'string' },
  },
})
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'screenshots-'))
const runs = values.runs ?? join(folder, 'runs')
mkdirSync(values.out, { recursive: true })
if (values.runs === undefined) search()

const server = spawn(process.execPath, [program, 'serve', '--port', '0', '--json', '--runs', runs], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  const [line] = await once(createInterface({ input: server.stdout }), 'line')
  const { url } = JSON.parse(line)
  const { items } = await (await fetch(`${url}/api/runs/second`)).json()
  const long = items.reduce((best, item) => (item.turns > best.turns ? item : best)).index
  const right = items.filter(({ verdict, turns }) => verdict === 'correct' && turns >= 4)
  const { index } = right.reduce((best, item) => (item.turns < best.turns ? item : best))

  await shot('ui-runs', 1280, 1120, `${url}/#/run/second`)
  await shot('ui-trajectory', 1360, 900, `${url}/#/run/second/${index}?turn=3`)
  await shot('ui-compare', 1360, 900, `${url}/#/run/second/${index}?turn=4`, ['c'])
  await shot('ui-fork', 1360, 900, `${url}/#/run/second/${index}?turn=2`, ['e'])
  await shot('ui-dark', 1360, 900, `${url}/#/run/second/${long}`, ['p', 'h', 'x'], 'dark')
  await shot('ui-diff', 1280, 820, `${url}/#/diff/first/second`)
  mini('try', '--out', join(folder, 'try.html'))
  await shot('ui-try', 1360, 900, pathToFileURL(join(folder, 'try.html')).href, [], 'light', async (page) => {
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    for (const turn of [1, 2]) {
      await page.getByRole('button', { name: 'Next turn' }).click()
      await page.locator(`.card[data-turn="${turn}"]`).waitFor()
    }
  })
} finally {
  await browser.close()
  server.kill('SIGINT')
  await once(server, 'close')
  rmSync(folder, { recursive: true, force: true })
}

function mini(...words) {
  execFileSync(process.execPath, [program, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Two evaluations on the same problems, at temperatures 1 and 0.3. */
function search() {
  const data = join(folder, 'data')
  mini('probe', 'build', '--out', data, '--test', values.problems, '--no-pictures', '--seed', '3')
  for (const [name, temperature] of [
    ['first', '1'],
    ['second', '0.3'],
  ]) {
    mini('eval', '--data', data, '--samples', '4', '--temperature', temperature, '--run', join(runs, name))
  }
}

/**
 * A picture of the page at `address` after `keys`, once the pictures in view are loaded.
 *
 * @param {'light' | 'dark'} [colorScheme]
 * @param {(page: import('playwright-core').Page) => Promise<void>} [act] what else is done before
 */
async function shot(name, width, height, address, keys = [], colorScheme = 'light', act = async (_page) => {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  await page.goto(address)
  await page.waitForLoadState('networkidle')
  for (const key of keys) await page.keyboard.press(key)
  await act(page)
  await page.waitForLoadState('networkidle')
  await page.waitForFunction(() =>
    Array.from(document.images)
      .filter((image) => image.checkVisibility() && image.getBoundingClientRect().top < innerHeight)
      .every(({ complete }) => complete),
  )
  await page.waitForTimeout(1000)
  const png = await sharp(await page.screenshot())
    .png({ palette: true, effort: 10 })
    .toBuffer()
  const file = join(values.out, `${name}.png`)
  writeFileSync(file, png)
  console.log(`${file}: ${width} x ${height}, ${(png.length / 1024).toFixed(0)} KiB`)
  await context.close()
}
