/**
 * What the program itself costs around a model: searches of 6 turns on 4K pictures through the chat policy, against an
 * endpoint on this machine that answers at once. Prints, for each number of concurrent searches: searches a second, client
 * time a turn beyond the picture work, peak memory, and bytes sent a search with and without ids for pictures.
 *
 *     npm run build && node bench/harness.mjs [--concurrency 1,32,256,1024] [--pictures 16]
 *
 * The endpoint runs in this process, each measurement in a child of its own (`harness_client.mjs`), so that processor time
 * and memory are the client's alone.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeProblem } from '../dist/probe/problem.js'
import { drawScene } from '../dist/probe/draw.js'
import { makeScene } from '../dist/probe/scene.js'
import { encodeJpeg } from '../dist/vision/encode.js'
import { benchOptions } from './measure.mjs'

const values = benchOptions(
  { concurrency: '1,32,256,1024', pictures: 16, searches: 128, width: 3840 },
  { concurrency: '2', pictures: 1, searches: 4, width: 640 },
)
const { width } = values
const height = (width * 9) / 16
const turns = 6
const replyMark = '"role":"assistant"'

/** A search that closes in: sides of its crops, as parts of the original's. */
const parts = [2, 3, 4, 6, 8, 12]
let answers = 0
function zoom(turn) {
  const side = 1 / parts[turn]
  const [x, y] = [(answers * 0.37) % (1 - side), (answers * 0.61) % (1 - side)]
  answers++
  const box = [x, y, x + side, y + side].map((edge) => Number(edge.toFixed(3)))
  const call = JSON.stringify({ bbox_2d: box, source: 'original_image' })
  return `<think>The target is not legible yet. I look at the part where it may be.</think><grounding>${call}</grounding>`
}

/** Lets every body run by, counting its bytes and the turns it holds, and answers with the next zoom. */
let received = 0
const server = createServer((request, response) => {
  let turn = 0
  let rest = Buffer.alloc(0)
  request.on('data', (chunk) => {
    received += chunk.length
    const seen = Buffer.concat([rest, chunk])
    let at = -1
    while ((at = seen.indexOf(replyMark, at + 1)) >= 0) turn++
    rest = seen.subarray(-replyMark.length + 1)
  })
  request.on('end', () => {
    const models = { object: 'list', data: [{ id: 'scripted', object: 'model', owned_by: 'bench' }] }
    const choice = () => ({ index: 0, message: { role: 'assistant', content: zoom(turn) }, finish_reason: 'stop' })
    const usage = { prompt_tokens: 1000, completion_tokens: 60, total_tokens: 1060 }
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify(request.method === 'GET' ? models : { object: 'chat.completion', choices: [choice()], usage }),
    )
  })
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
const baseUrl = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/v1`

async function measure(task) {
  received = 0
  const client = fork(join(import.meta.dirname, 'harness_client.mjs'), { stdio: 'inherit' })
  client.send(task)
  const [result] = await Promise.race([
    once(client, 'message'),
    once(client, 'exit').then(([code]) => Promise.reject(new Error(`the client ended with ${code}`))),
  ])
  if (client.exitCode === null) await once(client, 'exit')
  if (received < result.bytesSent) throw new Error(`${result.bytesSent} bytes sent, but ${received} received`)
  return result
}

const folder = await mkdtemp(join(tmpdir(), 'bench-harness-'))
try {
  const pictures = []
  for (let i = 0; i < values.pictures; i++) {
    const scene = makeScene(i, 'hard')
    const rest = (1 - height / width) / 2
    const file = join(folder, `${i}.jpg`)
    await writeFile(file, await encodeJpeg(drawScene(scene, [0, rest, 1, 1 - rest], { width, height }), 92))
    pictures.push({ file, problem: makeProblem(scene) })
  }
  console.log(`${pictures.length} JPEGs of ${width}x${height}; searches of ${turns} turns; ${cpus().length} cores of`)
  console.log(`${cpus()[0].model}; Node ${process.version}; load before: ${loadavg()[0].toFixed(1)}\n`)
  console.log(
    '| at once | pictures by id | searches | searches/s | turn: CPU ms | coding | beyond | beyond, main thread | ' +
      'peak MB | of it before | MB sent a search |',
  )
  console.log('|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|')
  for (const concurrency of values.concurrency.split(',').map(Number)) {
    for (const kind of ['generic', 'vllm']) {
      const searches = Math.max(values.searches, concurrency)
      const r = await measure({ baseUrl, kind, pictures, concurrency, searches, turns })
      const perTurn = (ms) => (ms / (searches * turns)).toFixed(2)
      const row = [
        concurrency,
        kind === 'vllm' ? 'yes' : 'no',
        searches,
        (searches / (r.search.wallMs / 1000)).toFixed(1),
        perTurn(r.search.cpuMs),
        perTurn(r.coding.cpuMs),
        perTurn(r.search.cpuMs - r.coding.cpuMs),
        perTurn(r.search.mainMs - r.coding.mainMs),
        (r.peakBytes / 1e6).toFixed(0),
        (r.openedBytes / 1e6).toFixed(0),
        (r.bytesSent / searches / 1e6).toFixed(2),
      ]
      console.log(`| ${row.join(' | ')} |`)
    }
  }
  console.log(`\nload after: ${loadavg()[0].toFixed(1)}`)
} finally {
  server.close()
  server.closeAllConnections()
  await rm(folder, { recursive: true })
}
