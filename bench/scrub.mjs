/**
 * How smoothly a search replays, in headless Chromium without a GPU: a 32-turn search of the policy that ships on a picture of
 * 8192 x 8192 pixels is scrubbed through with a key held down, with the slider dragged, and with the picture zooming along.
 * Prints the time between animation frames, the share of the frames of a screen with 60 a second that are missing, and the longest task of
 * the page's thread, by its processor time, which other work of the machine hardly changes, and by the clock; and how long a run of 200
 * searches takes to its first row on the screen.
 *
 *     npm run build && node bench/scrub.mjs [--repeats 3]
 *
 * Needs Chromium (`CHROMIUM`, or /usr/bin/chromium).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { judgeExact } from '../dist/judge/exact.js'
import { judgeTrajectory } from '../dist/judge/judge.js'
import { embeddedPolicy } from '../dist/policy/embedded/embedded-policy.js'
import { teacherPolicy } from '../dist/policy/teacher/teacher.js'
import { sceneRefs } from '../dist/probe/dataset.js'
import { drawScene } from '../dist/probe/draw.js'
import { makeProblem, sceneFrom, sceneOf } from '../dist/probe/problem.js'
import { scenePicture } from '../dist/probe/scene-picture.js'
import { profiles } from '../dist/protocol/profile.js'
import { searchLog } from '../dist/runs/searches.js'
import { searchToEnd } from '../dist/search/search-many.js'
import { openRun } from '../dist/runs/run-folder.js'
import { encodeJpeg } from '../dist/vision/encode.js'
import { openPicture } from '../dist/vision/open.js'
import { benchOptions, median, frameGaps } from './measure.mjs'

const values = benchOptions(
  { repeats: 3, side: 8192, turns: 32, items: 200 },
  { repeats: 1, side: 512, turns: 3, items: 3 },
)
const { side, turns, items } = values
/** A key that is held down repeats about this often. */
const keyMs = 33

const folder = await mkdtemp(join(tmpdir(), 'mini-o3-scrub-'))
let server
let browser
try {
  await longSearch(join(folder, 'long'))
  await manySearches(join(folder, 'many'))
  const program = join(import.meta.dirname, '../dist/cli/main.js')
  server = spawn(process.execPath, [program, 'serve', '--port', '0', '--json', '--runs', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { url } = JSON.parse((await once(createInterface({ input: server.stdout }), 'line'))[0])
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  console.log(
    `${cpus().length} cores of ${cpus()[0].model}; Chromium ${browser.version()}; load ${loadavg()[0].toFixed(1)}\n`,
  )

  const firstViews = []
  for (let n = 0; n <= values.repeats; n++) firstViews.push(await firstView(`${url}/#/run/many`))
  const [cold, ...warm] = firstViews
  console.log(
    `A run of ${items} searches, ms from the request to its first row on the screen: ${cold.toFixed(0)} the first`,
  )
  console.log(
    `time, then ${median(warm).toFixed(0)} (median of ${warm.length}, each in a browser that has seen nothing)\n`,
  )

  console.log(
    '| scrubbing | frames a second | missing, % | median ms | 95th percentile | longest | longest task, ms of processor | of the clock | load |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|',
  )
  for (let n = 0; n < values.repeats; n++) await scrub(`${url}/#/run/long/0`)
} finally {
  await browser?.close()
  if (server) {
    server.kill('SIGINT')
    await once(server, 'close')
  }
  await rm(folder, { recursive: true })
}

/** A run of one search that took all its turns: the first hard scene where the policy needed them. */
async function longSearch(path) {
  const policy = await embeddedPolicy()
  const options = { profile: profiles.embedded, maxTurns: turns }
  const run = await openRun(path, { command: 'eval', policy: 'embedded', maxTurns: turns })
  for (const ref of sceneRefs('test', 300, 7)) {
    const scene = sceneFrom(ref)
    if (scene.level !== 'hard') continue
    const problem = makeProblem(scene)
    const drawn = await searchToEnd({ problem, picture: scenePicture(scene, side) }, policy, options)
    if (drawn.trajectory.turns.length < turns) continue
    const jpeg = await encodeJpeg(drawScene(scene, [0, 0, 1, 1], { width: side, height: side }))
    const picture = await openPicture(jpeg)
    const { trajectory } = await searchToEnd({ problem, picture }, policy, options)
    if (trajectory.turns.length < turns) continue
    await run.keepImage(jpeg, 'jpg')
    await run.append(searchLog, await judgeTrajectory(trajectory, judgeExact, undefined))
    break
  }
  await run.close()
  await policy.close?.()
}

async function manySearches(path) {
  const policy = teacherPolicy({ sceneOf })
  const run = await openRun(path, { command: 'eval', policy: 'teacher', maxTurns: 6 })
  for (const ref of sceneRefs('test', items, 8)) {
    const scene = sceneFrom(ref)
    const task = { problem: makeProblem(scene), picture: scenePicture(scene, 4096) }
    const { trajectory } = await searchToEnd(task, policy, { profile: profiles.embedded, maxTurns: 6 })
    await run.append(searchLog, await judgeTrajectory(trajectory, judgeExact, undefined))
  }
  await run.close()
}

/** From the start of the navigation to the frame after the first row is there. */
async function firstView(address) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
  const page = await context.newPage()
  await page.addInitScript(() => {
    globalThis.firstView = new Promise((resolve) => {
      const look = () => {
        if (document.querySelector('main td')) requestAnimationFrame(() => resolve(performance.now()))
        else requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })
  })
  await page.goto(address)
  const ms = await page.evaluate('window.firstView')
  await context.close()
  return ms
}

async function scrub(address) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
  const page = await context.newPage()
  await page.goto(address)
  await page.locator('.turns .card').last().waitFor()
  await page.waitForLoadState('networkidle')
  await frames(page, 'key held down', () => holdKey(page, 'ArrowRight'))
  await page.keyboard.press('Home')
  await frames(page, 'slider dragged', () => drag(page))
  await page.keyboard.press('Home')
  await page.keyboard.press('f')
  await frames(page, 'key held down, zooming along', () => holdKey(page, 'ArrowRight'))
  await context.close()
}

/** The time between frames while `work` goes on, and the longest task. */
async function frames(page, what, work) {
  await sleep(1000)
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] })
  const { gaps, rate } = await frameGaps(page, work)
  const { processorMs, clockMs } = longestTask(await browser.stopTracing())
  const sorted = gaps.toSorted((a, b) => a - b)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  const missing = 100 * Math.max(0, 1 - rate / 60)
  const figures = [rate, missing, at(0.5), at(0.95), at(1), processorMs, clockMs, loadavg()[0]]
  console.log(`| ${[what, ...figures.map((figure) => figure.toFixed(1))].join(' | ')} |`)
}

/** Of the main threads of pages, from a trace. */
function longestTask(trace) {
  const { traceEvents } = JSON.parse(trace.toString())
  const names = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
  const threads = new Set(names.map(({ pid, tid }) => `${pid} ${tid}`))
  const tasks = traceEvents.filter(
    ({ ph, name, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && threads.has(`${pid} ${tid}`),
  )
  const most = (of) => tasks.reduce((longest, task) => Math.max(longest, of(task) ?? 0), 0) / 1000
  return { processorMs: most(({ tdur }) => tdur), clockMs: most(({ dur }) => dur) }
}

async function holdKey(page, key) {
  for (let turn = 0; turn < turns; turn++) {
    const nextMs = performance.now() + keyMs
    await page.keyboard.down(key)
    await sleep(Math.max(0, nextMs - performance.now()))
  }
  await page.keyboard.up(key)
  await shows(page, turns)
}

/** There in a second, and back in another. */
async function drag(page) {
  const { x, y, width, height } = await page.locator('.track input').boundingBox()
  const at = (share) => [x + 8 + (width - 16) * share, y + height / 2]
  await page.mouse.move(...at(0))
  await page.mouse.down()
  for (let n = 1; n <= 120; n++) {
    const nextMs = performance.now() + 1000 / 60
    await page.mouse.move(...at(1 - Math.abs(1 - n / 60)))
    await sleep(Math.max(0, nextMs - performance.now()))
  }
  await page.mouse.up()
}

async function shows(page, turn) {
  await page.locator(`.node.now[data-turn="${turn}"]`).waitFor()
}
