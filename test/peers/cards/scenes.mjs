#!/usr/bin/env node
/**
 * The easiest scenes that still need a search: on a shaded board lie one, two or three pale cards (easy, medium, hard), on one of
 * them a black plate, and on that a dot of half a pixel in the first view. A search finds the cards, looks at them one by
 * one until it sees the plate, and reads the dot there.
 *
 *     node test/peers/cards/scenes.mjs <folder> <train problems> <test problems> [seed]
 *
 * Writes train.json and test.json (Mini-o3 rows) and pictures/.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { cellsPerSide, colours } from './board.mjs'

const boardSide = 512
const placeSide = boardSide / cellsPerSide
const cellSide = placeSide / cellsPerSide
const [cardSide, plateSide, dotSide] = [96, 16, 4]
const levels = ['easy', 'medium', 'hard']
const names = Object.keys(colours)
const everyCell = [...Array(cellsPerSide ** 2).keys()]

const [folder, train = '0', test = '0', seed = '1'] = process.argv.slice(2)
if (folder === undefined) throw new Error('Usage: scenes.mjs <folder> <train problems> <test problems> [seed]')
mkdirSync(join(folder, 'pictures'), { recursive: true })
for (const [split, count] of Object.entries({ train: Number(train), test: Number(test) })) {
  const rows = []
  for (let n = 0; n < count; n++) rows.push(await problem(split, n))
  writeFileSync(join(folder, `${split}.json`), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`)
  console.log(`${rows.length} ${split} problems`)
}

async function problem(split, n) {
  const random = numbersFrom(`${split} ${seed} ${n}`)
  const below = (bound) => Math.floor(random() * bound)
  const cards = [...everyCell]
    .map((cell) => ({ cell, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, (n % levels.length) + 1)
    .map(({ cell }) => cell)
  const [x, y] = corner(cards[0], placeSide)
  const [dx, dy] = corner(below(everyCell.length), cellSide)
  const [left, top] = [x + dx, y + dy]
  const answer = names[below(names.length)]
  const image = `pictures/${split}-${n}.png`
  await sharp(drawing(cards, [left, top], colours[answer]), {
    raw: { width: boardSide, height: boardSide, channels: 3 },
  })
    .png()
    .toFile(join(folder, image))
  const level = levels[n % levels.length]
  return {
    images: [image],
    problem: '<image>\nWhich colour is the dot?',
    solution: answer,
    data_source: `cards_${level}`,
    doc_id: `${split}-${seed}-${n}`,
    level,
    choices: names,
    target_box: [left, top, left + cellSide, top + cellSide].map((edge) => edge / boardSide),
  }
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

/** Uniform in 0 to 1, the same for the same text. */
function numbersFrom(text) {
  let state = 2_166_136_261
  for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 16_777_619)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
