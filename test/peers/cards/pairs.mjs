#!/usr/bin/env node
/**
 * Questions about two pictures: on each board stand signs, a letter above a colour, and the same letter has another colour on the other
 * board. `easy` has one board with four signs, `medium` two with one each, `hard` two with four each.
 *
 *     node test/peers/cards/pairs.mjs <folder> <train problems> <test problems> [seed]
 *
 * Writes train.json and test.json (Mini-o3 rows) and pictures/. Search them with --profile direct: every sign is legible at once.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { colours, numbersFrom } from './board.mjs'
import { boardSide, cellSide, cellsPerSide, ground, letters, signPixel } from './pair-board.mjs'

const levels = { easy: { boards: 1, signs: 4 }, medium: { boards: 2, signs: 1 }, hard: { boards: 2, signs: 4 } }
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
    const cells = shuffled([...Array(cellsPerSide ** 2).keys()])
    return names.map((letter, index) => ({ letter, cell: cells[index], colour: index === 0 ? own : rest[index] }))
  })
  const images = []
  for (const [board, drawn] of boards.entries()) {
    const image = `pictures/${split}-${n}-${board + 1}.png`
    await sharp(drawing(drawn), { raw: { width: boardSide, height: boardSide, channels: 3 } })
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
  for (let at = 0; at < boardSide ** 2; at++) pixels.set(ground, at * 3)
  for (const { letter, cell, colour } of signs) {
    const [left, top] = [(cell % cellsPerSide) * cellSide, Math.floor(cell / cellsPerSide) * cellSide]
    for (let y = 0; y < cellSide; y++) {
      for (let x = 0; x < cellSide; x++) {
        const rgb = signPixel(letter, colour, x, y)
        if (rgb !== undefined) pixels.set(rgb, ((top + y) * boardSide + left + x) * 3)
      }
    }
  }
  return pixels
}
