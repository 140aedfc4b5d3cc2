#!/usr/bin/env node
/**
 * Questions about two pictures: a board shows letters on colours, and a letter lies on another colour on the other board. `easy` has one
 * board of one letter, `medium` two, `hard` two boards of four letters each.
 *
 *     node test/peers/cards/pairs.mjs <folder> <train problems> <test problems> [seed]
 *
 * Writes train.json and test.json (Mini-o3 rows) and pictures/. Search them with --profile direct: every sign is legible at once.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { colours, numbersFrom } from './board.mjs'
import { boardSide, cellSide, letters, signAt, signPixel } from './pair-board.mjs'

const levels = { easy: { boards: 1, signs: 1 }, medium: { boards: 2, signs: 1 }, hard: { boards: 2, signs: 4 } }
const levelNames = Object.keys(levels)

const [folder, train = '0', test = '0', seed = '1'] = process.argv.slice(2)
if (folder === undefined) throw new Error('Usage: pairs.mjs <folder> <train problems> <test problems> [seed]')
mkdirSync(join(folder, 'pictures'), { recursive: true })
for (const [split, count] of Object.entries({ train: Number(train), test: Number(test) })) {
  const rows = []
  for (let n = 0; n < count; n++) rows.push(await problem(split, n))
  writeFileSync(join(folder, `${split}.json`), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`)
  console.log(`${rows.length} ${split} problems`)
}

async function problem(split, n) {
  const { random, below } = numbersFrom(`pairs ${split} ${seed} ${n}`)
  const shuffled = (items) =>
    items
      .map((item) => ({ item, order: random() }))
      .toSorted((a, b) => a.order - b.order)
      .map(({ item }) => item)
  const level = levelNames[n % levelNames.length]
  const { boards: count, signs } = levels[level]
  const names = shuffled(Object.keys(letters)).slice(0, signs)
  const asked = { letter: names[0], board: below(count) }
  const [first, ...others] = shuffled(Object.keys(colours))
  const boards = Array.from({ length: count }, (_, board) => {
    // The asked letter has another colour on each board; the others have any, each once on a board.
    const own = board === 0 ? first : others[0]
    const rest = shuffled(Object.keys(colours).filter((colour) => colour !== own))
    return names.map((letter, index) => ({ letter, colour: index === 0 ? own : rest[index] }))
  })
  const images = []
  for (const [board, drawn] of boards.entries()) {
    const image = `pictures/${split}-${n}-${board + 1}.png`
    await sharp(drawing(shuffled(drawn)), { raw: { width: boardSide, height: boardSide, channels: 3 } })
      .png()
      .toFile(join(folder, image))
    images.push(image)
  }
  const where = count === 1 ? '' : ` in the ${['first', 'second'][asked.board]} picture`
  return {
    images,
    problem: `${'<image>\n'.repeat(count)}Which colour is under the letter ${asked.letter}${where}?`,
    solution: boards[asked.board][0].colour,
    doc_id: `${split}-${n}-${seed}`,
    choices: Object.keys(colours),
    data_source: `pairs_${level}`,
    level,
  }
}

function drawing(signs) {
  const pixels = new Uint8Array(boardSide ** 2 * 3)
  for (let y = 0; y < boardSide; y++) {
    for (let x = 0; x < boardSide; x++) {
      const sign = signAt(signs, Math.floor(x / cellSide), Math.floor(y / cellSide))
      pixels.set(signPixel(sign, x % cellSide, y % cellSide), (y * boardSide + x) * 3)
    }
  }
  return pixels
}
