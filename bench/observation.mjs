/**
 * What a search does with pictures, timed on one 8K JPEG: open it, show a first view (2 million pixels), cut 12 regions,
 * and encode each view for a chat endpoint. Beside it, in turn: the floor (decoding and encoding alone, the same codec and
 * settings) and Pillow doing the same work (`observation_peer.py`; left out where Python or Pillow is missing).
 *
 *     npm run build && node bench/observation.mjs [--repeats 7] [--python python3]
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { boxSize, pixelBox } from '../dist/protocol/box.js'
import { profiles } from '../dist/protocol/profile.js'
import { random } from '../dist/shared/random.js'
import { PixelCache } from '../dist/vision/cache.js'
import { encode } from '../dist/vision/encode.js'
import { fitSize, view } from '../dist/vision/fit.js'
import { openPicture } from '../dist/vision/open.js'
import { benchOptions, cost, medians } from './measure.mjs'
import { startPeer } from './picture-peer.mjs'

const values = benchOptions({ repeats: 7, width: 7680, python: 'python3' }, { repeats: 1, width: 1280 })
const { width } = values
const height = (width * 9) / 16
sharp.concurrency(1)
sharp.cache(false)

/** Shapes of all sizes under two scales of shading and fine grain: compresses like a photograph. */
async function drawPicture() {
  const { next, between } = random('bench/observation')
  const shapes = Array.from({ length: 1500 }, () => {
    const fill = `hsl(${between(0, 360)},${between(30, 70)}%,${between(30, 70)}%)`
    const size = 10 + next() * next() * 300
    const [x, y] = [between(0, width), between(0, height)]
    return next() < 0.5
      ? `<circle cx="${x}" cy="${y}" r="${size}" fill="${fill}"/>`
      : `<rect x="${x}" y="${y}" width="${size}" height="${size * 1.4}" fill="${fill}"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="#8a9a86"/>${shapes.join('')}</svg>`
  const pixels = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer()
  const shade = (columns, rows, strength) =>
    sharp(Buffer.from(Array.from({ length: columns * rows }, () => (next() - 0.5) * strength + 128)), {
      raw: { width: columns, height: rows, channels: 1 },
    })
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .toColourspace('b-w')
      .raw()
      .toBuffer()
  const coarse = await shade(64, 36, 60)
  const fine = await shade(960, 540, 50)
  for (let i = 0; i < coarse.length; i++) {
    const light = coarse[i] + fine[i] - 256 + (next() - 0.5) * 10
    for (let c = 0; c < 3; c++) pixels[i * 3 + c] = Math.min(Math.max(pixels[i * 3 + c] + light, 0), 255)
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

/** Twelve regions of a search that closes in: sides from a half to a sixtieth of the picture's. */
function regions() {
  const { int } = random('bench/observation', 'regions')
  return [2, 2, 3, 3, 4, 4, 8, 8, 8, 25, 25, 60].map((part) => {
    const [w, h] = [Math.floor(width / part), Math.floor(height / part)]
    const [x, y] = [int(width - w), int(height - h)]
    return pixelBox(x, y, x + w, y + h)
  })
}

const folder = await mkdtemp(join(tmpdir(), 'bench-observation-'))
const peer = startPeer(values.python)
try {
  const file = join(folder, '8k.jpg')
  await writeFile(file, await drawPicture())
  const bytes = (await readFile(file)).length
  console.log(
    `${width}x${height} JPEG of ${(bytes / 1e6).toFixed(1)} MB; ${cpus()[0].model}; Node ${process.version}; one thread each`,
  )
  if (peer === undefined)
    console.log(`Without the peer: ${values.python} has no Pillow (pip install pillow, or --python).`)

  for (const profile of [profiles.default, profiles.official]) {
    const views = [
      { boxPx: pixelBox(0, 0, width, height), rule: profile.firstView },
      ...regions().map((boxPx) => ({ boxPx, rule: profile.observationView })),
    ]
    const picture = await openPicture(file)
    const seen = await Promise.all(views.map(({ boxPx, rule }) => view(picture, boxPx, rule)))
    for (const encoding of /** @type {const} */ (['jpeg', 'png'])) {
      const sizes = { ours: 0 }
      /** @type {Record<string, () => Promise<import('./measure.mjs').Cost>>} */
      const contenders = {
        ours: () =>
          cost(async () => {
            const opened = await openPicture(file, { cache: new PixelCache(1e9) })
            sizes.ours = 0
            for (const { boxPx, rule } of views) {
              sizes.ours += (await encode(await view(opened, boxPx, rule), encoding)).length
            }
          }),
        floor: () =>
          cost(async () => {
            await sharp(file).raw().toBuffer()
            for (const pixels of seen) await encode(pixels, encoding)
          }),
      }
      if (peer !== undefined) {
        const job = views.map(({ boxPx, rule }) => ({
          boxPx,
          size: fitSize(boxSize(boxPx), rule),
          resampler: rule.resampler,
        }))
        contenders.peer = async () => {
          const { encodedBytes, ...spent } = await peer.pass({ file, encoding, views: job })
          sizes.peer = encodedBytes
          return spent
        }
      }
      const { ours, floor, peer: theirs } = await medians(contenders, values.repeats)
      const line = [
        `${profile.name} ${encoding}`.padEnd(14),
        `ours ${ms(ours)}`,
        `floor ${ms(floor)}`,
        `ours/floor ${ratio(ours, floor)}`,
      ]
      if (theirs !== undefined) line.push(`Pillow ${ms(theirs)}`, `Pillow/ours ${ratio(theirs, ours)}`)
      console.log(line.join('  '))
      console.log(
        `${''.padEnd(14)}  encoded MB: ${Object.entries(sizes)
          .map(([name, size]) => `${name} ${(size / 1e6).toFixed(1)}`)
          .join(', ')}`,
      )
    }
  }
} finally {
  peer?.stop()
  await rm(folder, { recursive: true })
}

function ms({ cpuMs, wallMs }) {
  return `${cpuMs.toFixed(0)} ms (wall ${wallMs.toFixed(0)})`
}

/** Of processor time: what one core gets done. */
function ratio(a, b) {
  return (a.cpuMs / b.cpuMs).toFixed(2)
}
