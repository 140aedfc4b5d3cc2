#!/usr/bin/env node
/**
 * A server that searches pictures of quadrants half-heartedly, for `mini-o3 collect --policy chat:quadrants`: every other time it looks at
 * a red quadrant that it has not seen yet, else at any, until it sees a woven one, and reads the thread there. What it teaches is how
 * a search is written, how threads are read, and a little of where to look: the rest is left to be learned.
 *
 *     node test/peers/quadrants/teacher.mjs [port]
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import sharp from 'sharp'
import { numbersFrom } from '../cards/board.mjs'
import { boxes, call, threads } from './quadrants.mjs'

const server = createServer(async (request, response) => {
  response.setHeader('content-type', 'application/json')
  if (request.method === 'GET') return response.end(JSON.stringify({ object: 'list', data: [{ id: 'quadrants' }] }))
  const parts = []
  for await (const part of request) parts.push(part)
  try {
    const { messages, seed } = JSON.parse(Buffer.concat(parts).toString())
    const content = await turn(messages, seed)
    const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }
    response.end(JSON.stringify({ choices: [choice] }))
  } catch (error) {
    response.writeHead(400).end(JSON.stringify({ error: { message: String(error) } }))
  }
})
await once(server.listen(Number(process.argv[2] ?? 8471), '127.0.0.1'), 'listening')
console.log(`http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/v1`)

async function turn(messages, seed) {
  const views = messages.flatMap(({ content }) =>
    Array.isArray(content) ? content.filter(({ type }) => type === 'image_url') : [],
  )
  const thread = views.length > 1 ? await threadOf(views.at(-1)) : undefined
  if (thread !== undefined) return `<think>look</think><answer>${thread}</answer>`
  const { random, below } = numbersFrom(`${seed} ${views.length}`)
  const said = messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)
  const first = await pixelsOf(views[0])
  const unseen = boxes.flatMap((box, i) => (isRed(first, i) && !said.some((text) => text.includes(box)) ? [i] : []))
  const quadrant = random() < 0.5 && unseen.length > 0 ? unseen[below(unseen.length)] : below(boxes.length)
  return `<think>look</think><grounding>${call(quadrant)}</grounding>`
}

async function pixelsOf({ image_url: { url } }) {
  const picture = sharp(Buffer.from(url.split(',')[1], 'base64')).removeAlpha()
  return picture.raw().toBuffer()
}

/** By the middle of the quadrant in a first view of 64 x 64. */
function isRed(pixels, quadrant) {
  return pixels[((Math.floor(quadrant / 2) * 32 + 16) * 64 + (quadrant % 2) * 32 + 16) * 3] > 110
}

/** By what the first two pixels differ in. */
async function threadOf(view) {
  const pixels = await pixelsOf(view)
  const differ = [0, 1, 2].map((channel) => (Math.abs(pixels[channel] - pixels[channel + 3]) > 30 ? 1 : 0))
  return Object.keys(threads).find((name) => String(threads[name]) === String(differ))
}
