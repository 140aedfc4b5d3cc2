/** Clients that read nothing, or send next to nothing, over real sockets: they are cut off, and hold little until then. */
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ServedModel } from '../openai/chat-model.ts'
import { chatRoutes } from '../openai/chat-routes.ts'
import { startServer } from './start-server.ts'
import type { Asking } from './router.ts'
import type { Patience } from './slow-clients.ts'
import type { RunningServer } from './start-server.ts'

/** Each patience that a test waits for stands alone, so that no stall of this process brings the other one about. */
const longMs = 3_600_000
const stalling = { requestMs: longMs, stalledMs: 500 }
const slow = { requestMs: 500, stalledMs: longMs }
const mebibyte = 1024 ** 2
const clients = 40

/** Does not wait for who stalls. */
let server: RunningServer
/** Does not wait for who takes long. */
let hasty: RunningServer
/** Of the endless answer, to all clients together. */
let producedBytes = 0
/** Answers that were given up before they were out. */
let cutOff = 0
let bodies = 0
let completions = 0
let thinking = 0

/** A model that never comes to an end. */
const rambler: ServedModel = {
  id: 'rambler',
  async *complete() {
    completions++
    thinking++
    try {
      for (;;) yield { reasoning: 'and '.repeat(mebibyte / 4) }
    } finally {
      thinking--
    }
  },
}

function endless(_: unknown, { signal }: Asking): Response {
  signal.addEventListener('abort', () => cutOff++)
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        producedBytes += mebibyte
        controller.enqueue(new Uint8Array(mebibyte))
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

beforeAll(async () => {
  const routes = {
    ...chatRoutes([rambler]),
    'GET /small': () => ({ small: true }),
    'GET /endless': endless,
    'GET /large': (_: unknown, { signal }: Asking) => {
      signal.addEventListener('abort', () => cutOff++)
      return new Response(new Uint8Array(8 * mebibyte))
    },
    'GET /thinking': () => sleep(3 * stalling.stalledMs, { thought: true }),
    'POST /body': (body: unknown) => {
      bodies++
      return { bytes: (body as Uint8Array).length }
    },
  }
  const onFault = (error: unknown): never => {
    throw error
  }
  const start = (patience: Patience): Promise<RunningServer> =>
    startServer({ host: '127.0.0.1', port: 0, routes, onFault, patience })
  server = await start(stalling)
  hasty = await start(slow)
})
afterAll(() => Promise.all([server.close(), hasty.close()]))

async function open(head: string, to = server): Promise<Socket> {
  const socket = connect(Number(new URL(to.url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.pause()
  socket.write(`${head}\r\nhost: 127.0.0.1\r\n`)
  return socket
}

/** Resolves when the server has closed its end; what it sent before is thrown away. */
async function cut(socket: Socket): Promise<void> {
  const closed = once(socket, 'close')
  socket.resume()
  await closed
}

const answers = async (to = server): Promise<unknown> => (await fetch(`${to.url}/small`)).json()

test.each(['/endless', '/large'])('who does not read %s is cut off; others are served meanwhile', async (path) => {
  producedBytes = 0
  cutOff = 0
  const sockets = await Promise.all(Array.from({ length: clients }, () => open(`GET ${path} HTTP/1.1`)))
  for (const socket of sockets) socket.write('\r\n')
  expect(await answers()).toEqual({ small: true })
  await expect.poll(() => cutOff).toBe(clients)
  // Beyond what the kernel takes for a connection, an answer waits for its reader.
  expect(producedBytes).toBeLessThan(clients * 12 * mebibyte)
  await Promise.all(sockets.map(cut))
  for (const { bytesRead } of sockets) expect(bytesRead).toBeLessThan(8 * mebibyte)
})

test('who does not read a streamed completion ends its work', async () => {
  const body = JSON.stringify({ model: 'rambler', stream: true, messages: [{ role: 'user', content: 'Go on.' }] })
  const socket = await open('POST /v1/chat/completions HTTP/1.1')
  socket.write(`content-length: ${body.length}\r\n\r\n${body}`)
  await expect.poll(() => completions).toBe(1)
  await expect.poll(() => thinking).toBe(0)
  await cut(socket)
})

test('who sends a body byte by byte is told so, and cut off', async () => {
  const sockets = await Promise.all(Array.from({ length: clients }, () => open('POST /body HTTP/1.1', hasty)))
  for (const socket of sockets) socket.write('content-type: image/png\r\ncontent-length: 1000000\r\n\r\n')
  const drip = setInterval(() => sockets.forEach((socket) => socket.write('x')), 100)
  const replies = sockets.map(async (socket) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (data: string) => (text += data))
    await once(socket.resume(), 'close')
    return text.split('\r\n', 1)[0]
  })
  await expect.poll(() => answers(hasty)).toEqual({ small: true })
  expect(new Set(await Promise.all(replies))).toEqual(new Set(['HTTP/1.1 408 Request Timeout']))
  clearInterval(drip)
  expect(bodies).toBe(0)
})

test('who sends nothing more amid a body is cut off', async () => {
  const socket = await open('POST /body HTTP/1.1')
  socket.write('content-length: 1000\r\n\r\n{')
  await cut(socket)
  // Without the 408 of a request that took too long as a whole.
  expect(socket.bytesRead).toBe(0)
})

test('an answer that takes its time is waited for', async () => {
  expect(await (await fetch(`${server.url}/thinking`)).json()).toEqual({ thought: true })
})

test('2 GB without an announced length are cut off at the limit', async () => {
  const headers = { 'content-type': 'image/png', 'transfer-encoding': 'chunked' }
  const sent = request(`${server.url}/body`, { method: 'POST', headers })
  sent.on('error', () => {})
  let status: number | undefined
  sent.on('response', (response) => (status = response.resume().statusCode))
  const piece = Buffer.alloc(mebibyte)
  let pieces = 0
  const closed = new Promise((resolve) => sent.on('close', resolve))
  for (; pieces < 2048 && !sent.destroyed; pieces++) {
    const taken = new Promise((resolve) => void sent.write(piece, resolve))
    await Promise.race([taken, closed])
  }
  sent.destroy()
  expect(status).toBe(413)
  expect(pieces).toBeLessThan(200)
  expect(await answers()).toEqual({ small: true })
})
