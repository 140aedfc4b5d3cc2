/** Counts the pictures within a file, also the frames of animated PNG and AVIF, of which the decoder only knows the first. */
import type { Encoded } from './encoded.ts'

/** `header`: as read by the decoder. Never less than 1. */
export function picturesWithin({
  format,
  bytes,
  header,
}: Pick<Exclude<Encoded, { format: 'BMP' }>, 'format' | 'bytes' | 'header'>): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (format === 'PNG') return picturesOfPng(buffer)
  if (format === 'AVIF') return samplesOfAvif(buffer)
  return header.pages ?? 1
}

/** The frames of the animation, and the picture for viewers without animations unless it is the first frame, too. */
function picturesOfPng(png: Buffer): number {
  let frames: number | undefined
  let isFrame = false
  for (let at = 8; at + 12 <= png.length; at += 12 + png.readUInt32BE(at)) {
    const type = png.toString('latin1', at + 4, at + 8)
    if (type === 'IDAT') break
    if (type === 'acTL') frames = png.readUInt32BE(at + 8)
    if (type === 'fcTL') isFrame = true
  }
  return frames === undefined ? 1 : Math.max(1, frames + (isFrame ? 0 : 1))
}

/** An image sequence is a movie beside the still picture; `stsz` of its tracks has the number of frames. */
function samplesOfAvif(avif: Buffer): number {
  let most = 1
  for (let at = 0, size = 0; at + 16 <= avif.length; at += size) {
    const type = avif.toString('latin1', at + 4, at + 8)
    size = avif.readUInt32BE(at)
    if (size === 1) size = Number(avif.readBigUInt64BE(at + 8))
    if (size < 8) break // 0: to the end of the file
    if (type !== 'moov') continue
    const movie = avif.subarray(at, at + size)
    for (let box = movie.indexOf('stsz'); box >= 0 && box + 16 <= movie.length; box = movie.indexOf('stsz', box + 4)) {
      most = Math.max(most, movie.readUInt32BE(box + 12))
    }
  }
  return most
}
