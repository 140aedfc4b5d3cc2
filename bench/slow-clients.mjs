/**
 * Slow clients at the door: 200 ask `mini-o3 serve` for a large region of a scene and read nothing, and 100 send the body of a
 * picture a byte a second. Prints the memory of the server before, at its peak and after, how long a small request took meanwhile,
 * and when the last of them was cut off.
 *
 *     npm run build && node bench/slow-clients.mjs
 *
 * Takes three minutes: that long a request may take. Needs Linux.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { benchOptions, median } from './measure.mjs'

const { readers, writers, seconds } = benchOptions(
  { readers: 200, writers: 100, seconds: 200 },
  { readers: 3, writers: 3, seconds: 2 },
)

const program = join(import.meta.dirname, '../dist/cli/main.js')
const server = spawn(process.execPath, [program, 'serve', '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [line] = await once(createInterface({ input: server.stdout }), 'line')
const { url } = JSON.parse(line)
const { port } = new URL(url)

/** @param {'VmRSS' | 'VmHWM'} name */
async function memoryMb(name) {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)[1]) / 1024).toFixed(0)
}

/** Opens a connection that reads nothing until it is told to. */
async function slow(head) {
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.pause()
  socket.write(`${head}\r\nhost: 127.0.0.1\r\n`)
  return socket
}

try {
  await (await fetch(`${url}/api/pictures/scene-1/region?side=2048`)).arrayBuffer()
  const before = await memoryMb('VmRSS')
  const startedMs = performance.now()
  const all = []
  for (let index = 0; index < readers; index++) {
    const box = [index, index, 2048 + index, 2048 + index].join()
    const socket = await slow(`GET /api/pictures/scene-${1 + (index % 6)}/region?box=${box} HTTP/1.1`)
    socket.write('\r\n')
    all.push(socket)
  }
  for (let index = 0; index < writers; index++) {
    const socket = await slow('POST /api/pictures HTTP/1.1')
    socket.write('content-type: image/png\r\ncontent-length: 60000000\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 1000)
    socket.on('close', () => clearInterval(drip))
    all.push(socket)
  }
  const delays = []
  const watching = new AbortController()
  void Promise.all(all.map((socket) => once(socket, 'close'))).then(() => watching.abort())
  while (!watching.signal.aborted) {
    const askedMs = performance.now()
    const answer = await fetch(`${url}/v1/models`)
    await answer.arrayBuffer()
    if (answer.ok) delays.push(performance.now() - askedMs)
    await sleep(1000)
    // What the server has closed is only seen by who reads on; these have waited long enough.
    if (performance.now() - startedMs > 300 * seconds) for (const socket of all.slice(0, readers)) socket.resume()
    if (performance.now() - startedMs > 1000 * seconds) for (const socket of all) socket.destroy()
  }
  console.log(`| ${readers} that read nothing, ${writers} that send a byte a second | |\n|---|---:|`)
  for (const [what, figure] of [
    ['MB of the server before', before],
    ['MB at its peak', await memoryMb('VmHWM')],
    ['MB when all were gone', await memoryMb('VmRSS')],
    ['ms for the list of models meanwhile, median', median(delays).toFixed(0)],
    ['ms for the list of models meanwhile, longest', Math.max(...delays).toFixed(0)],
    ['seconds until the last was cut off', ((performance.now() - startedMs) / 1000).toFixed(0)],
  ])
    console.log(`| ${what} | ${figure} |`)
} finally {
  server.kill('SIGINT')
  await once(server, 'close')
}
