#!/usr/bin/env node
/**
 * Opens seeded, damaged and hostile pictures of every format and prints what became of them: refused, opened with the pixels of
 * the whole file, or opened with others (which uncompressed formats cannot know), the slowest, and the peak memory.
 * Usage, after a build: node scripts/damage-pictures.mjs [--count 1000] [--seed 1] [--only tiff]
 * Exits 1 when an error is not a UserError, names no reason, or when a picture takes more than ten seconds of CPU time.
 */
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { openPicture } from '../dist/index.js'
import { pixelBox } from '../dist/protocol/box.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const mostCpuMs = 10_000

/** A 32-bit generator (mulberry32): enough for picking places to damage. */
let state = Number(values.seed)
function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}
const below = (limit) => Math.floor(random() * limit)

const width = 320
const height = 240
const noise = Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => ((i % (width * 3)) * 7 + i / 900) % 256))
const drawn = () => sharp(noise, { raw: { width, height, channels: 3 } })
const whole = {
  jpeg: drawn().jpeg(),
  'jpeg progressive': drawn().jpeg({ progressive: true }),
  png: drawn().png(),
  'png interlaced': drawn().png({ progressive: true }),
  webp: drawn().webp(),
  'webp lossless': drawn().webp({ lossless: true }),
  avif: drawn().avif({ effort: 0 }),
  gif: drawn().gif(),
  'tiff none': drawn().tiff({ compression: 'none' }),
  'tiff lzw': drawn().tiff({ compression: 'lzw' }),
  'tiff deflate': drawn().tiff({ compression: 'deflate' }),
  'tiff packbits': drawn().tiff({ compression: 'packbits' }),
  'tiff jpeg': drawn().tiff({ compression: 'jpeg' }),
  'tiff tiled': drawn().tiff({ compression: 'lzw', tile: true, tileWidth: 64, tileHeight: 64 }),
  'tiff big': drawn().tiff({ compression: 'deflate', bigtiff: true }),
}

const damages = {
  cut: (bytes) => bytes.subarray(0, 1 + below(bytes.length - 1)),
  flipped(bytes) {
    for (let n = 0; n < 8; n++) bytes[below(bytes.length)] = below(256)
    return bytes
  },
  emptied: (bytes) => bytes.fill(0, below(bytes.length)),
  holed(bytes) {
    const at = below(bytes.length)
    return bytes.fill(0, at, Math.min(at + 300, bytes.length))
  },
  // Sizes, counts and offsets stand near the beginning or, in TIFF, the end.
  header(bytes) {
    const at = random() < 0.5 ? below(Math.min(200, bytes.length - 4)) : Math.max(0, bytes.length - 4 - below(300))
    bytes.writeUInt32LE(random() < 0.5 ? 0xffff_ffff : below(2 ** 31), at)
    return bytes
  },
  doubled: (bytes) => Buffer.concat([bytes.subarray(0, below(bytes.length)), bytes]),
}

async function pixelsOf(bytes) {
  const picture = await openPicture(bytes)
  const box = pixelBox(0, 0, picture.width, picture.height)
  return (await picture.region(box, { width: picture.width, height: picture.height }, 'nearest')).data
}

const rows = []
let failed = 0
let slowest = { ms: 0, name: '' }
const formats = Object.entries(whole).filter(([name]) => name.startsWith(values.only))
for (const [name, image] of formats) {
  const bytes = await image.toBuffer()
  const right = await pixelsOf(bytes)
  const row = { format: name, refused: 0, right: 0, other: 0 }
  for (let n = 0; n < Number(values.count) / formats.length; n++) {
    const kinds = Object.keys(damages)
    const kind = kinds[n % kinds.length]
    const damaged = damages[kind](Buffer.from(bytes))
    const before = process.cpuUsage()
    try {
      const pixels = await pixelsOf(damaged)
      row[Buffer.compare(pixels, right) === 0 ? 'right' : 'other']++
    } catch (error) {
      row.refused++
      if (error.name === 'UserError' && error.message.length > 20) continue
      failed++
      console.error(`${name}, ${kind}: ${error.stack}`)
    } finally {
      const { user, system } = process.cpuUsage(before)
      const ms = (user + system) / 1000
      if (ms > slowest.ms) slowest = { ms, name: `${name}, ${kind}` }
    }
  }
  rows.push(row)
}
console.table(rows)
const peakMb = process.resourceUsage().maxRSS / 1024
console.log(
  `Slowest: ${slowest.ms.toFixed(0)} ms of CPU time (${slowest.name}). Peak memory: ${peakMb.toFixed(0)} MiB.`,
)
console.log(`${failed} unclear errors.`)
process.exitCode = failed > 0 || slowest.ms > mostCpuMs ? 1 : 0
