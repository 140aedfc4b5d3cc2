#!/usr/bin/env node
/**
 * The smallest pictures that need a search: one, two or three quadrants are red (easy, medium, hard), and one of these is woven of
 * two colours in small squares. In the pixels of the first view they cancel out, so that it shows which quadrants are red and
 * nothing of the threads; a close-up of a quadrant shows them.
 *
 *     node test/peers/quadrants/scenes.mjs <folder> <train problems> <test problems> [seed]
 *
 * Writes train.json and test.json (Mini-o3 rows) and pictures/.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { numbersFrom } from '../cards/board.mjs'
import { boxes, contrast, pictureSide, pieceSide, threads } from './quadrants.mjs'

const levels = ['easy', 'medium', 'hard']
const names = Object.keys(threads)
const half = pictureSide / 2
const piece = (place) => Math.floor(place / pieceSide)
/** Red or not; columns differ in green and rows in blue, so that a piece of a picture tells where it is. */
const groundOf = (isRed, quadrant) => [isRed ? 150 : 60, 80 + 60 * (quadrant % 2), 80 + 60 * Math.floor(quadrant / 2)]

const [folder, train = '0', test = '0', seed = '1'] = process.argv.slice(2)
if (folder === undefined) throw new Error('Usage: scenes.mjs <folder> <train problems> <test problems> [seed]')
mkdirSync(join(folder, 'pictures'), { recursive: true })
for (const [split, count] of Object.entries({ train: Number(train), test: Number(test) })) {
  const rows = []
  for (let n = 0; n < count; n++) rows.push(await row(split, n))
  writeFileSync(join(folder, `${split}.json`), `[\n${rows.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`)
  console.log(`${rows.length} ${split} problems`)
}

async function row(split, n) {
  const { random, below } = numbersFrom(`${split} ${seed} ${n}`)
  const level = levels[n % levels.length]
  const order = [0, 1, 2, 3].map((quadrant) => ({ quadrant, at: random() })).toSorted((a, b) => a.at - b.at)
  const reds = order.slice(0, levels.indexOf(level) + 1).map(({ quadrant }) => quadrant)
  const answer = names[below(names.length)]
  const image = `pictures/${split}-${n}.png`
  await sharp(drawing(reds, threads[answer]), { raw: { width: pictureSide, height: pictureSide, channels: 3 } })
    .png()
    .toFile(join(folder, image))
  return {
    images: [image],
    problem: '<image>\nWhich thread?',
    solution: answer,
    doc_id: `${split}-${n}-${seed}`,
    data_source: `quadrants_${level}`,
    level,
    choices: names,
    target_box: JSON.parse(boxes[reds[0]]),
  }
}

/** The first of the red ones is woven. */
function drawing(reds, thread) {
  const [woven] = reds
  const pixels = new Uint8Array(pictureSide ** 2 * 3)
  for (let y = 0; y < pictureSide; y++) {
    for (let x = 0; x < pictureSide; x++) {
      const quadrant = Math.floor(y / half) * 2 + Math.floor(x / half)
      const sign = quadrant === woven ? ((piece(x) + piece(y)) % 2 === 0 ? contrast : -contrast) : 0
      const ground = groundOf(reds.includes(quadrant), quadrant)
      pixels.set(
        ground.map((value, channel) => value + sign * thread[channel]),
        (y * pictureSide + x) * 3,
      )
    }
  }
  return pixels
}
