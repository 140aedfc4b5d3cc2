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

  const group = '.group button >> nth=3'
  await shot('ui-runs', 1280, 1120, `${url}/#/run/second`, { there: '.virtual td' })
  await shot('ui-trajectory', 1360, 900, `${url}/#/run/second/${index}?turn=3`, { there: group })
  const compared = { there: group, keys: ['c'], after: '.side-by-side .tree >> nth=3' }
  await shot('ui-compare', 1360, 900, `${url}/#/run/second/${index}?turn=4`, compared)
  const fork = { there: group, keys: ['e'], after: '.fork select' }
  await shot('ui-fork', 1360, 900, `${url}/#/run/second/${index}?turn=2`, fork)
  const dark = { there: group, keys: ['p', 'h', 'x'], after: '.heat .warm', colorScheme: 'dark' }
  await shot('ui-dark', 1360, 900, `${url}/#/run/second/${long}`, dark)
  await shot('ui-diff', 1280, 520, `${url}/#/diff/first/second`, { there: '.virtual td' })
  mini('try', '--out', join(folder, 'try.html'))
  await shot('ui-try', 1360, 900, pathToFileURL(join(folder, 'try.html')).href, {
    there: 'form',
    async act(page) {
      await page.getByRole('button', { name: 'Search', exact: true }).click()
      for (const turn of [1, 2]) {
        await page.getByRole('button', { name: 'Next turn' }).click()
        await page.locator(`.card[data-turn="${turn}"]`).waitFor()
      }
    },
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
 * A picture of the page at `address`, once the pictures in view are loaded.
 *
 * @param {object} how what is waited for before and after some keys, and what else is done
 * @param {string} how.there
 * @param {string[]} [how.keys]
 * @param {string} [how.after]
 * @param {(page: import('playwright-core').Page) => Promise<void>} [how.act]
 * @param {string} [how.colorScheme]
 */
async function shot(name, width, height, address, how) {
  const { there, keys = [], after, act } = how
  const scheme = how.colorScheme === 'dark' ? 'dark' : 'light'
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  await page.goto(address)
  await page.locator(there).first().waitFor()
  for (const key of keys) await page.keyboard.press(key)
  await act?.(page)
  if (after !== undefined) await page.locator(after).first().waitFor()
  await page.waitForLoadState('networkidle')
  // Thumbnails are asked for when their rows have rested, and details of the picture when its view has.
  await page.waitForTimeout(1000)
  await page.waitForFunction(() => {
    const inView = (one) => one.checkVisibility() && one.getBoundingClientRect().top < innerHeight
    const waiting = Array.from(document.querySelectorAll('span.thumbnail')).filter(inView)
    return (
      waiting.length === 0 &&
      Array.from(document.images)
        .filter(inView)
        .every(({ complete }) => complete)
    )
  })
  const png = await sharp(await page.screenshot())
    .png({ palette: true, effort: 10 })
    .toBuffer()
  const file = join(values.out, `${name}.png`)
  writeFileSync(file, png)
  console.log(`${file}: ${width} x ${height}, ${(png.length / 1024).toFixed(0)} KiB`)
  await context.close()
}
