#!/usr/bin/env node
/**
 * A server that searches boards of cards by rule, for `mini-o3 collect --policy chat:cards`. It sees nothing but the views that it is
 * sent: it lists the cards, looks at one after the other, zooms in on the plate and reads the dot. `chat:guess` answers at once, one
 * of the colours: of its searches those are kept that happen to be right, which teach to answer from the first view. `chat:pairs` reads the sign that a question of pairs.mjs asks for.
 *
 *     node test/peers/cards/teacher.mjs [port]
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import sharp from 'sharp'
import { cellBox, cellName, cellsPerSide, colours } from './board.mjs'
import { boardSide, signsIn } from './pair-board.mjs'

const viewSide = 64

const written = {
  cards: ({ messages }) => turn(messages),
  guess: ({ seed }) => answer(itemOf(Object.keys(colours), seed)),
  pairs: ({ messages }) => readSign(messages),
}

const server = createServer(async (request, response) => {
  response.setHeader('content-type', 'application/json')
  if (request.method === 'GET')
    return response.end(JSON.stringify({ object: 'list', data: ['cards', 'guess', 'pairs'].map((id) => ({ id })) }))
  const parts = []
  for await (const part of request) parts.push(part)
  try {
    const { model, messages, seed } = JSON.parse(Buffer.concat(parts).toString())
    const content = await written[model]({ messages, seed })
    response.end(
      JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }),
    )
  } catch (error) {
    response.writeHead(400).end(JSON.stringify({ error: { message: String(error) } }))
  }
})
await once(server.listen(Number(process.argv[2] ?? 8470), '127.0.0.1'), 'listening')
console.log(`http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/v1`)

async function turn(messages) {
  const views = viewsIn(messages)
  const replies = messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)
  const cards = cellsWhere(await pixelsOf(views[0]), 0, isCard)
  const names = cards.map(cellName)
  const last = replies.at(-1)
  if (cards.length === 0) return readDot(views[0])
  if (last === undefined) return zoom(`Cards: ${names.join(' ')}.`, cards[0], 'original_image')
  if (!last.includes('original_image')) return readDot(views.at(-1))
  const view = await pixelsOf(views.at(-1))
  const [plate] = cellsWhere(view, 2, (rgb) => Math.max(...rgb) < 40)
  if (plate !== undefined) return zoom('A plate.', plate, `observation_${views.length - 1}`)
  return zoom(`Nothing at ${names[replies.length - 1]}.`, cards[replies.length], 'original_image')
}

/** The colour under the letter that is asked for, on the board that is asked for. */
async function readSign(messages) {
  const views = viewsIn(messages)
  const asked = messages.at(-1).content.findLast(({ type }) => type === 'text').text
  const [, letter] = /under the letter (\w)/.exec(asked)
  const pixels = await pixelsOf(views[/second picture/.test(asked) ? 1 : 0], boardSide)
  const { colour } = signsIn(pixels).find((sign) => sign.letter === letter)
  return `<answer>${colour}</answer>`
}

const viewsIn = (messages) =>
  messages.flatMap(({ content }) => (Array.isArray(content) ? content.filter(isPicture) : []))

const readDot = async (view) => answer(nearest(at(await pixelsOf(view), viewSide / 2, viewSide / 2)))

/** The shade of a card in its middle. */
const isCard = ([red, green, blue]) => Math.abs(red - 165) < 40 && Math.abs(green - 165) < 40 && blue > 200

const isPicture = ({ type }) => type === 'image_url'

function zoom(thought, cell, source) {
  const call = `{"bbox_2d": ${cellBox(cell)}, "source": "${source}"}`
  return `<think>${thought} Look at ${cellName(cell)}.</think><grounding>${call}</grounding>`
}

const answer = (colour) => `<think>The dot is ${colour}.</think><answer>${colour}</answer>`
const itemOf = (items, seed) => items[seed % items.length]

async function pixelsOf({ image_url: { url } }, side = viewSide) {
  const picture = sharp(Buffer.from(url.split(',')[1], 'base64'))
    .removeAlpha()
    .raw()
  const { data, info } = await picture.toBuffer({ resolveWithObject: true })
  if (info.width !== side || info.height !== side) throw new Error(`Wants views of ${side} x ${side} pixels.`)
  return data
}

const at = (pixels, x, y) => pixels.subarray((y * viewSide + x) * 3, (y * viewSide + x) * 3 + 3)

/** The places of a view where the pixel so far from their middles is such: no plate is in the middle of a card, a dot is in that of a plate. */
function cellsWhere(pixels, away, wanted) {
  const side = viewSide / cellsPerSide
  const middle = (index) => index * side + side / 2 + away
  return [...Array(cellsPerSide ** 2).keys()].filter((cell) =>
    wanted([...at(pixels, middle(cell % cellsPerSide), middle(Math.floor(cell / cellsPerSide)))]),
  )
}

function nearest(rgb) {
  const away = (name) => colours[name].reduce((sum, value, channel) => sum + Math.abs(value - rgb[channel]), 0)
  return Object.keys(colours).toSorted((a, b) => away(a) - away(b))[0]
}
