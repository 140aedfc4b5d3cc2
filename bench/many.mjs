/**
 * How the pages behave on a run of many searches, in headless Chromium without a GPU: the time to the first rows on the screen, with a
 * server that has not read the run and with one that has; until all searches are there; the frames while the table is scrolled; how long
 * a filter, a sort and a search for words take and how long they keep the page from answering; and the memory of the server.
 *
 *     npm run build && node bench/many.mjs [--items 100000] [--repeats 3]
 *
 * Needs Chromium (`CHROMIUM`, or /usr/bin/chromium). The searches are copies of 200 searches of the teacher, each with a scene of its own.
 */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { teacherPolicy } from '../dist/policy/teacher/teacher.js'
import { sceneRefs } from '../dist/probe/dataset.js'
import { makeProblem, sceneFrom, sceneOf } from '../dist/probe/problem.js'
import { scenePicture } from '../dist/probe/scene-picture.js'
import { profiles } from '../dist/protocol/profile.js'
import { logFile } from '../dist/runs/log.js'
import { openRun } from '../dist/runs/run-folder.js'
import { searchLog } from '../dist/runs/searches.js'
import { searchToEnd } from '../dist/search/search-many.js'
import { benchOptions, median, frameGaps } from './measure.mjs'

const values = benchOptions({ repeats: 3, items: 100_000 }, { repeats: 1, items: 400 })
const { items, repeats } = values
const templates = Math.min(200, items)

const folder = await mkdtemp(join(tmpdir(), 'mini-o3-many-'))
let browser
try {
  await manySearches(join(folder, 'many'))
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  console.log(`${cpus().length} cores of ${cpus()[0].model}; Chromium ${browser.version()}; ${items} searches\n`)
  const rows = []
  for (let n = 0; n < repeats; n++) rows.push(await measured())
  console.log(`load ${loadavg()[0].toFixed(1)}; median of ${repeats} (lowest to highest)\n\n| | |\n|---|---:|`)
  for (const name of Object.keys(rows[0])) {
    const all = rows.map((row) => row[name])
    const digits = name.includes('frames a second') ? 1 : 0
    const told = [median(all), Math.min(...all), Math.max(...all)].map((value) => value.toFixed(digits))
    console.log(`| ${name} | ${told[0]} (${told[1]} to ${told[2]}) |`)
  }
} finally {
  await browser?.close()
  await rm(folder, { recursive: true })
}

async function manySearches(path) {
  const policy = teacherPolicy({ sceneOf })
  const run = await openRun(path, { command: 'eval', policy: 'teacher', maxTurns: 6, samples: 1 })
  await run.close()
  const out = createWriteStream(logFile(path, searchLog), { flags: 'a' })
  const done = []
  for (const [n, ref] of sceneRefs('test', items, 8).entries()) {
    const scene = sceneFrom(ref)
    const task = { problem: makeProblem(scene), picture: scenePicture(scene, 4096) }
    if (n < templates)
      done.push((await searchToEnd(task, policy, { profile: profiles.embedded, maxTurns: 6 })).trajectory)
    const { width, height, sha256 } = task.picture
    const verdict = { kind: n % 3 === 0 ? 'wrong' : 'correct', reason: 'made up' }
    const search = { ...done[n % done.length], problem: task.problem, picture: { sha256, width, height }, verdict }
    if (!out.write(`${JSON.stringify(search)}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

/** A server and a browser that know nothing yet. */
async function measured() {
  const program = join(import.meta.dirname, '../dist/cli/main.js')
  const server = spawn(process.execPath, [program, 'view', join(folder, 'many'), '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const { url } = JSON.parse((await once(createInterface({ input: server.stdout }), 'line'))[0])
    const address = url.includes('#') ? url : `${url}/#/run/.`
    const first = await open(address)
    const cold = await first.page.evaluate('window.firstView')
    await counted(first.page, items)
    const allMs = await first.page.evaluate('performance.now()')
    const loadingLongest = await longest(first.page)
    await first.page.locator('.scores dd').first().waitFor({ timeout: 120_000 })
    const figuresMs = await first.page.evaluate('performance.now()')
    await first.context.close()
    const { page, context } = await open(address)
    const warm = await page.evaluate('window.firstView')
    await counted(page, items)
    await page.locator('.scores dd').first().waitFor({ timeout: 120_000 })
    await sleep(1000)
    await longest(page)
    const scrolling = await frames(page, () => scroll(page))
    const scrollLongest = await longest(page)
    const words = await timed(page, () => page.getByLabel('Words').fill('heart'), items)
    await page.getByLabel('Words').fill('')
    await counted(page, items)
    const verdict = await timed(page, () => page.getByLabel('Verdict').selectOption('wrong'), items)
    await page.getByLabel('Verdict').selectOption('')
    await counted(page, items)
    await longest(page)
    const sort = await sorted(page)
    await context.close()
    const search = await openSearch(`${address}/${items >> 1}`)
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '')
    const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024
    return {
      'first rows, server has read nothing, ms': cold,
      'all searches in the table, ms': allMs,
      'longest task of the page while they come, ms': loadingLongest,
      'score and curves, ms': figuresMs,
      'first rows, server has read the run, ms': warm,
      'scrolling, frames a second': scrolling.rate,
      'scrolling, longest frame, ms': scrolling.longest,
      'scrolling, longest task, ms': scrollLongest,
      'words typed to rows, ms': words.ms,
      'words, longest task, ms': words.longest,
      'verdict chosen to rows, ms': verdict.ms,
      'verdict, longest task, ms': verdict.longest,
      'sorted by question, ms': sort.ms,
      'sorted, longest task, ms': sort.longest,
      'page of one search, to its place among all, ms': search.ms,
      'page of one search, fetched besides pictures, KB': search.bytes / 1024,
      'peak memory of the server, MB': peak,
    }
  } finally {
    server.kill('SIGINT')
    await once(server, 'close')
  }
}

async function open(address) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
  const page = await context.newPage()
  await page.addInitScript(() => {
    globalThis.longTasks = []
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longTasks.push(duration)
    }).observe({ type: 'longtask', buffered: true })
    globalThis.firstView = new Promise((resolve) => {
      const look = () => {
        if (document.querySelector('main .virtual td')) requestAnimationFrame(() => resolve(performance.now()))
        else requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })
  })
  await page.goto(address)
  return { page, context }
}

/** The page of a search in the middle, until it leads to the one after it; and what it fetched of the API. */
async function openSearch(address) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
  const page = await context.newPage()
  let bytes = 0
  page.on('response', async (response) => {
    const isJson = response.headers()['content-type']?.includes('json')
    if (isJson) bytes += (await response.body().catch(() => '')).length
  })
  await page.goto(address)
  await page.locator('.turns .card').last().waitFor({ timeout: 120_000 })
  await page.locator('.crumbs button:enabled', { hasText: 'next' }).waitFor({ timeout: 120_000 })
  const ms = Number(await page.evaluate('performance.now()'))
  await page.waitForLoadState('networkidle')
  await context.close()
  return { ms, bytes }
}

/** Waits until the table has this many searches. */
async function counted(page, count) {
  await page.waitForFunction(
    (wanted) => document.querySelector('.over-table output')?.textContent?.startsWith(`${wanted} of ${wanted} `),
    count,
    { timeout: 300_000, polling: 'raf' },
  )
}

/** The longest task since the last call; 0 if none took 50 ms, which is where browsers begin to tell. */
async function longest(page) {
  await sleep(200)
  return page.evaluate('Math.max(0, ...window.longTasks.splice(0))')
}

/** Until fewer rows are counted, and the frame after that. */
async function timed(page, act, count) {
  await longest(page)
  const startedMs = await page.evaluate('performance.now()')
  await act()
  const endedMs = await page.evaluate(
    (all) =>
      new Promise((resolve) => {
        const look = () => {
          const text = document.querySelector('.over-table output')?.textContent ?? ''
          if (!text.startsWith(`${all} `)) requestAnimationFrame(() => resolve(performance.now()))
          else requestAnimationFrame(look)
        }
        requestAnimationFrame(look)
      }),
    count,
  )
  return { ms: endedMs - startedMs, longest: await longest(page) }
}

async function sorted(page) {
  const first = await page.locator('.virtual tbody tr[data-row="0"] th a').getAttribute('href')
  const startedMs = await page.evaluate('performance.now()')
  await page.getByRole('button', { name: 'Question' }).click()
  await page.waitForFunction(
    (before) => document.querySelector('.virtual tbody tr[data-row="0"] th a')?.getAttribute('href') !== before,
    first,
    { timeout: 60_000, polling: 'raf' },
  )
  const ms = (await page.evaluate('performance.now()')) - startedMs
  return { ms, longest: await longest(page) }
}

/** Two seconds of scrolling by two pages a frame. */
function scroll(page) {
  return page.evaluate(
    () =>
      /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          const box = document.querySelector('.virtual')
          const endMs = performance.now() + 2000
          const step = () => {
            box.scrollTop += 1200
            if (performance.now() < endMs) requestAnimationFrame(step)
            else resolve()
          }
          requestAnimationFrame(step)
        })
      ),
  )
}

async function frames(page, work) {
  const { gaps, rate } = await frameGaps(page, work)
  return { rate, longest: Math.max(...gaps) }
}
