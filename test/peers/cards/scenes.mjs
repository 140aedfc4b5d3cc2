#!/usr/bin/env node
/**
 * The easiest scenes that still need a search: on a shaded board lie one, two or three pale cards (easy, medium, hard), on one of
 * them a black plate, and on that a dot of half a pixel in the first view. A search finds the cards, looks at them one by
 * one until it sees the plate, and reads the dot there.
 *
 *     node test/peers/cards/scenes.mjs <folder> <train problems> <test problems> [close-ups] [seed]
 *
 * Close-ups are more problems to train on: a dot of any size on black, to be read at once. Writes train.json and test.json (Mini-o3 rows) and pictures/.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { cellsPerSide, colours, numbersFrom } from './board.mjs'

const boardSide = 512
const viewSide = 64
const placeSide = boardSide / cellsPerSide
const cellSide = placeSide / cellsPerSide
const [cardSide, plateSide, dotSide] = [96, 16, 4]
const levels = ['easy', 'medium', 'hard']
const names = Object.keys(colours)
const everyCell = [...Array(cellsPerSide ** 2).keys()]

const [folder, train = '0', test = '0', closeUps = '0', seed = '1'] = process.argv.slice(2)
if (folder === undefined) throw new Error('Usage: scenes.mjs <folder> <train problems> <test problems> [seed]')
mkdirSync(join(folder, 'pictures'), { recursive: true })
for (const [split, count] of Object.entries({ train: Number(train), test: Number(test) })) {
  const rows = []
  for (let n = 0; n < count; n++) rows.push(await board(split, n))
  if (split === 'train') for (let n = 0; n < Number(closeUps); n++) rows.push(await closeUp(n))
  writeFileSync(join(folder, `${split}.json`), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`)
  console.log(`${rows.length} ${split} problems`)
}

async function board(split, n) {
  const { random, below } = numbersFrom(`${split} ${seed} ${n}`)
  const cards = [...everyCell]
    .map((cell) => ({ cell, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, (n % levels.length) + 1)
    .map(({ cell }) => cell)
  const [x, y] = corner(cards[0], placeSide)
  const [dx, dy] = corner(below(everyCell.length), cellSide)
  const [left, top] = [x + dx, y + dy]
  const answer = names[below(names.length)]
  const level = levels[n % levels.length]
  return {
    ...(await row(`${split}-${n}`, boardSide, drawing(cards, [left, top], colours[answer]), answer)),
    data_source: `cards_${level}`,
    level,
    target_box: [left, top, left + cellSide, top + cellSide].map((edge) => edge / boardSide),
  }
}

async function closeUp(n) {
  const { below } = numbersFrom(`close-up ${seed} ${n}`)
  const answer = names[below(names.length)]
  const dot = 8 + 8 * below(8)
  const edge = (viewSide - dot) / 2
  const pixels = new Uint8Array(viewSide ** 2 * 3)
  for (let y = edge; y < edge + dot; y++) {
    for (let x = edge; x < edge + dot; x++) pixels.set(colours[answer], (y * viewSide + x) * 3)
  }
  return { ...(await row(`close-up-${n}`, viewSide, pixels, answer)), data_source: 'cards_close-up' }
}

async function row(name, side, pixels, answer) {
  const image = `pictures/${name}.png`
  await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toFile(join(folder, image))
  const problem = '<image>\nWhich colour is the dot?'
  return { images: [image], problem, solution: answer, doc_id: `${name}-${seed}`, choices: names }
}

/** Board and cards are shaded from left to right in red and from top to bottom in green, so that a piece of them tells where it is. */
function drawing(cards, cell, dot) {
  const pixels = new Uint8Array(boardSide ** 2 * 3)
  const fill = (place, outer, inner, rgb) => {
    const [left, top] = place.map((edge) => edge + (outer - inner) / 2)
    for (let y = 0; y < inner; y++) {
      for (let x = 0; x < inner; x++) pixels.set(rgb(x / inner, y / inner), ((top + y) * boardSide + left + x) * 3)
    }
  }
  fill([0, 0], boardSide, boardSide, (x, y) => [20 + 130 * x, 20 + 130 * y, 70])
  for (const card of cards) {
    fill(corner(card, placeSide), placeSide, cardSide, (x, y) => [100 + 130 * x, 100 + 130 * y, 240])
  }
  fill(cell, cellSide, plateSide, () => [0, 0, 0])
  fill(cell, cellSide, dotSide, () => dot)
  return pixels
}

function corner(cell, side) {
  return [(cell % cellsPerSide) * side, Math.floor(cell / cellsPerSide) * side]
}
