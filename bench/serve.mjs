/**
 * A crowd at the door: 64 programs ask `search:embedded` of one `mini-o3 serve` at the same moment, each with a picture of its
 * own. Prints how many were answered at once and how many were told to wait, how long it took until all who came again had
 * their answers, the server's peak memory and what it was made of, the delay of its event loop, and how long a small request and a
 * person at the page in a browser waited meanwhile.
 *
 *     npm run build && node bench/serve.mjs [--asks 64] [--side 2048]
 *
 * Needs Linux: peak memory is what the kernel kept of the server's process. Without Chromium (or CHROMIUM) there is no person.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { drawScene } from '../dist/probe/draw.js'
import { makeProblem } from '../dist/probe/problem.js'
import { makeScene } from '../dist/probe/scene.js'
import { levels } from '../dist/protocol/problem.js'
import { dataUrl, encodeJpeg } from '../dist/vision/encode.js'
import { benchOptions, median } from './measure.mjs'

const values = benchOptions({ asks: 64, side: 2048 }, { asks: 1, side: 256 })
const { asks, side } = values

const program = join(import.meta.dirname, '../dist/cli/main.js')
const watched = join(await mkdtemp(join(tmpdir(), 'bench-serve-')), 'watched.json')
const watching = ['--import', join(import.meta.dirname, 'watch-process.mjs')]
const server = spawn(process.execPath, [...watching, program, 'serve', '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, WATCH_FILE: watched },
})
const [line] = await once(createInterface({ input: server.stdout }), 'line')
const { url } = JSON.parse(line)

async function peakMb() {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) / 1024
}

function body(seed) {
  const scene = makeScene(seed, levels[seed % levels.length])
  return encodeJpeg(drawScene(scene, [0, 0, 1, 1], { width: side, height: side })).then((jpeg) => {
    const content = [
      { type: 'image_url', image_url: { url: dataUrl(jpeg, 'jpeg') } },
      { type: 'text', text: makeProblem(scene).question },
    ]
    return JSON.stringify({ model: 'search:embedded', seed, messages: [{ role: 'user', content }] })
  })
}

/** One try: `answered`, the seconds to wait, or `lost`. */
async function ask(sent) {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: sent,
    })
    const { mini_o3: ended } = /** @type {{ mini_o3?: unknown }} */ (await response.json())
    if (response.status === 429) return Number(response.headers.get('retry-after'))
    return response.status === 200 && ended !== undefined ? 'answered' : 'lost'
  } catch {
    return 'lost'
  }
}

/** @param {number[]} ms */
function times(ms) {
  return ms.map((one) => one.toFixed(0)).join(' / ')
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 2 ** 20).toFixed(0)
}

/** @param {number[]} ms */
function medianAndLongest(ms) {
  return times([median(ms), Math.max(...ms)])
}

/** A person at a browser: opens the page anew, picks a scene, and looks at it. Undefined without a browser. */
async function visitor() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) return undefined
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  let times = { opened: [], picked: [] }
  return {
    async visit() {
      const page = await browser.newPage()
      const startedMs = performance.now()
      await page.goto(url)
      await page.getByRole('button', { name: 'Search', exact: true }).waitFor()
      times.opened.push(performance.now() - startedMs)
      const pickedMs = performance.now()
      await page.locator('.scenes input').nth(2).check({ force: true })
      await page.waitForFunction(() => {
        const shown = /** @type {HTMLImageElement} */ (document.querySelector('img.chosen'))
        return shown.src.includes('scene-3') && shown.complete && shown.naturalWidth > 0
      })
      times.picked.push(performance.now() - pickedMs)
      await page.close()
      await sleep(200)
    },
    /** Milliseconds of the visits since this was asked last. */
    waited() {
      const since = times
      times = { opened: [], picked: [] }
      return since
    },
    leave: () => browser.close(),
  }
}

try {
  const bodies = await Promise.all(Array.from({ length: asks }, (_, seed) => body(seed)))
  await ask(bodies[0])
  const before = await peakMb()

  const person = await visitor()
  await person?.visit()
  const alone = person?.waited()
  server.kill('SIGUSR2')

  const delays = []
  const asking = new AbortController()
  const meanwhile = Promise.all([
    (async () => {
      while (!asking.signal.aborted) {
        const startedMs = performance.now()
        await (await fetch(`${url}/v1/models`)).json()
        delays.push(performance.now() - startedMs)
        await sleep(100)
      }
    })(),
    (async () => {
      if (person === undefined) return
      while (!asking.signal.aborted) await person.visit()
    })(),
  ])

  const startedMs = performance.now()
  const first = { answered: 0, waiting: 0, lost: 0 }
  let lost = 0
  let tries = 0
  await Promise.all(
    bodies.map(async (sent) => {
      let told = await ask(sent)
      tries++
      first[typeof told === 'number' ? 'waiting' : told]++
      for (; typeof told === 'number'; tries++) {
        await sleep(told * 1000)
        told = await ask(sent)
      }
      if (told === 'lost') lost++
    }),
  )
  const allMs = performance.now() - startedMs
  asking.abort()
  await meanwhile
  const crowded = person?.waited()
  await person?.leave()
  const peak = await peakMb()
  server.kill('SIGINT')
  await once(server, 'close')
  const { delayMs, peak: made } = JSON.parse(await readFile(watched, 'utf8'))

  const pictures = (bodies.reduce((sum, { length }) => sum + length, 0) / 1e6).toFixed(1)
  console.log(`${asks} asks at once, pictures of ${side}x${side} (${pictures} MB sent); ${cpus().length} cores of`)
  console.log(`${cpus()[0].model}; Node ${process.version}; load ${loadavg()[0].toFixed(1)}\n`)
  console.log('| | |\n|---|---:|')
  for (const [what, figure] of [
    ['answered at the first try', first.answered],
    ['told to wait at the first try', first.waiting],
    ['lost, at any try', lost],
    ['seconds until all were answered', (allMs / 1000).toFixed(1)],
    ['tries', tries],
    ['peak MB of the server', peak.toFixed(0)],
    ['peak MB before, after one search', before.toFixed(0)],
    ['ms for the list of models meanwhile, median', median(delays).toFixed(0)],
    ['ms for the list of models meanwhile, longest', Math.max(...delays).toFixed(0)],
    ['of the peak: JavaScript of the server, MB', megabytes(made.heapTotal)],
    ['of the peak: its pixels, bodies and other buffers, MB', megabytes(made.external)],
    [
      'of the peak: worker threads, MB each',
      made.threads
        .toSorted((a, b) => b - a)
        .map(megabytes)
        .join(' / '),
    ],
    ['ms that the event loop was late, median / 99 % / longest', times([delayMs.p50, delayMs.p99, delayMs.max])],
    ['ms to open the page before, by a person', alone && times([median(alone.opened)])],
    ['ms to open the page meanwhile, median / longest', crowded && medianAndLongest(crowded.opened)],
    ['ms to pick another scene and see it meanwhile, median / longest', crowded && medianAndLongest(crowded.picked)],
    ['visits meanwhile', crowded?.opened.length],
  ])
    console.log(`| ${what} | ${figure} |`)
} finally {
  server.kill('SIGKILL')
}
