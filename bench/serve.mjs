/**
 * A crowd at the door: 64 programs ask `search:embedded` of one `mini-o3 serve` at the same moment, each with a picture of its
 * own. Prints how many were answered at once and how many were told to wait, how long it took until all who came again had
 * their answers, the server's peak memory, and how long a small request took meanwhile.
 *
 *     npm run build && node bench/serve.mjs [--asks 64] [--side 2048]
 *
 * Needs Linux: peak memory is what the kernel kept of the server's process.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { drawScene } from '../dist/probe/draw.js'
import { makeProblem } from '../dist/probe/problem.js'
import { makeScene } from '../dist/probe/scene.js'
import { dataUrl, encodeJpeg } from '../dist/vision/encode.js'
import { median } from './measure.mjs'

const { values } = parseArgs({
  options: { asks: { type: 'string', default: '64' }, side: { type: 'string', default: '2048' } },
})
const asks = Number(values.asks)
const side = Number(values.side)

const program = join(import.meta.dirname, '../dist/cli/main.js')
const server = spawn(process.execPath, [program, 'serve', '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [line] = await once(createInterface({ input: server.stdout }), 'line')
const { url } = JSON.parse(line)

async function peakMb() {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) / 1024
}

function body(seed) {
  const scene = makeScene(seed, ['easy', 'medium', 'hard'][seed % 3])
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
    const { mini_o3: ended } = await response.json()
    if (response.status === 429) return Number(response.headers.get('retry-after'))
    return response.status === 200 && ended !== undefined ? 'answered' : 'lost'
  } catch {
    return 'lost'
  }
}

try {
  const bodies = await Promise.all(Array.from({ length: asks }, (_, seed) => body(seed)))
  await ask(bodies[0])
  const before = await peakMb()

  const delays = []
  const asking = new AbortController()
  const watching = (async () => {
    while (!asking.signal.aborted) {
      const startedMs = performance.now()
      await (await fetch(`${url}/v1/models`)).json()
      delays.push(performance.now() - startedMs)
      await sleep(100)
    }
  })()

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
  await watching

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
    ['peak MB of the server', (await peakMb()).toFixed(0)],
    ['peak MB before, after one search', before.toFixed(0)],
    ['ms for the list of models meanwhile, median', median(delays).toFixed(0)],
    ['ms for the list of models meanwhile, longest', Math.max(...delays).toFixed(0)],
  ])
    console.log(`| ${what} | ${figure} |`)
} finally {
  server.kill('SIGINT')
  await once(server, 'close')
}
