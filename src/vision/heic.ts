/**
 * HEIC, the format of phone photographs, is decoded by libheif in WebAssembly and in a separate thread, since the decoder of the other
 * formats lacks HEVC. The package is optional; if it is missing, the error says so.
 */
import { sharp } from '../shared/native.ts'
import type { Size } from '../protocol/box.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { limiter } from '../shared/limiter.ts'
import { startWorker } from '../shared/worker-client.ts'
import { workerUrl } from '../shared/worker-url.ts'
import { heicAdvice } from './picture-format.ts'
import { byteAt } from '../shared/number-at.ts'

export interface HeicPixels extends Size {
  /** Upright, in the colours of the file. */
  readonly rgba: Uint8Array
}

/** One at a time in the whole process: with a photograph of 48 million pixels the process takes a gigabyte. */
const oneAtATime = limiter(1)

/** Packed RGB in sRGB, transparency on white. Throws UserError if the decoder is not installed, and an Error for damaged files. */
export async function decodeHeic(
  encoded: Uint8Array,
  { name, icc, seconds }: { readonly name: string; readonly icc: Buffer | undefined; readonly seconds: number },
): Promise<Uint8Array> {
  const { width, height, rgba } = await oneAtATime(() => inThread(encoded, name, seconds))
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0, o = 0; o < rgb.length; i += 4) {
    const alpha = byteAt(rgba, i + 3)
    for (let c = 0; c < 3; c++, o++) rgb[o] = 255 - Math.round(((255 - byteAt(rgba, i + c)) * alpha) / 255)
  }
  if (icc === undefined) return rgb
  const tagged = tiffOf({ width, height }, rgb, icc)
  return sharp(tagged, { limitInputPixels: false }).toColourspace('srgb').raw().toBuffer()
}

async function inThread(encoded: Uint8Array, name: string, seconds: number): Promise<HeicPixels> {
  const worker = startWorker<Uint8Array, HeicPixels>(workerUrl(import.meta.url, './heic-worker.js'))
  let late = false
  const timer = setTimeout(() => {
    late = true
    void worker.close()
  }, seconds * 1000)
  try {
    return await worker.ask(encoded)
  } catch (error) {
    if (late) throw new Error('timeout', { cause: error })
    if (!/Cannot find \w+ '[^']*libheif-js/.test(messageOf(error))) throw error
    const message = `${name} is an HEIC picture, and its decoder libheif-js is not installed. ${heicAdvice}`
    throw new UserError('picture-not-an-image', message, { cause: error })
  } finally {
    clearTimeout(timer)
    await worker.close()
  }
}

/** An uncompressed TIFF with an ICC profile, since the decoder accepts a profile only from a file. */
function tiffOf({ width, height }: Size, rgb: Uint8Array, icc: Uint8Array): Buffer {
  const entries = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 3, 0], // bits per sample: after the entries
    [259, 3, 1, 1],
    [262, 3, 1, 2],
    [273, 4, 1, 0], // the pixels
    [277, 3, 1, 3],
    [278, 4, 1, height],
    [279, 4, 1, rgb.length],
    [34_675, 7, icc.length, 0], // the profile
  ]
  const bitsAt = 8 + 2 + entries.length * 12 + 4
  const iccAt = bitsAt + 6
  const pixelsAt = iccAt + icc.length + (icc.length % 2)
  const head = Buffer.alloc(pixelsAt)
  head.write('II*\0', 'latin1')
  head.writeUInt32LE(8, 4)
  head.writeUInt16LE(entries.length, 8)
  for (const [index, [tag = 0, type = 0, count = 0, value = 0]] of entries.entries()) {
    const at = 10 + index * 12
    const offset = tag === 258 ? bitsAt : tag === 273 ? pixelsAt : tag === 34_675 ? iccAt : value
    head.writeUInt16LE(tag, at)
    head.writeUInt16LE(type, at + 2)
    head.writeUInt32LE(count, at + 4)
    head.writeUInt32LE(offset, at + 8)
  }
  for (let c = 0; c < 3; c++) head.writeUInt16LE(8, bitsAt + c * 2)
  head.set(icc, iccAt)
  return Buffer.concat([head, rgb])
}
