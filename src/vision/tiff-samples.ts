/** How a TIFF stores the numbers of its samples, of which some kinds are refused and others read as bits. Pure. */
import { readTags, tags } from './tiff-tags.ts'
import type { Tags } from './tiff-tags.ts'

const [signed, float, complexInteger, complexFloat] = [2, 3, 5, 6]
const readBits = new Set([1, 2, 4, 8, 16, 32])
const [whiteIsZero, rgb] = [0, 2]
const inPlanes = 2
const floatDifferences = 3

/** What is stored in 16 bits that the decoder would misread: greys lose signs and fractions, planes of halves their places. */
export type Bits = 'signed' | 'half'

/** What the samples are if they cannot be read, such as "64-bit floats". False tags are left to the decoder. */
export function unreadSamples(bytes: Uint8Array): string | undefined {
  const tag = readTags(bytes)
  const { bits, kind } = sampleOf(tag)
  if (kind === complexInteger || kind === complexFloat) return 'complex numbers'
  const numbers = `${bits}-bit ${kind === float ? 'floats' : 'integers'}`
  if (!readBits.has(bits)) return numbers
  const isColoured = (tag.first(tags.photometric) ?? rgb) > rgb
  if (isColoured && (kind === signed || kind === float)) return `${numbers} in colours other than greys and RGB`
  const isUndone = tag.first(tags.predictor) === floatDifferences && bitsOf(tag) !== undefined
  return isUndone ? '16-bit floats with the predictor for floats' : undefined
}

/** The kind if the file has to be read by `asUnsigned`. */
export function storedBits(bytes: Uint8Array): Bits | undefined {
  return bitsOf(readTags(bytes))
}

function bitsOf(tag: Tags): Bits | undefined {
  const { bits, kind } = sampleOf(tag)
  if (bits !== 16 || (kind !== signed && kind !== float)) return undefined
  const isGrey = tag.first(tags.photometric) !== rgb
  if (kind === signed) return isGrey ? 'signed' : undefined
  return isGrey || tag.first(tags.planes) === inPlanes ? 'half' : undefined
}

function sampleOf(tag: Tags): { readonly bits: number; readonly kind: number } {
  return { bits: tag.first(tags.bits) ?? 1, kind: tag.first(tags.sampleFormat) ?? 1 }
}

/** Whether zero is white, which the decoder only applies to unsigned numbers. */
export function isWhiteZero(bytes: Uint8Array): boolean {
  return readTags(bytes).first(tags.photometric) === whiteIsZero
}

/** A copy that the decoder reads as unsigned integers, so that `numberOf` can interpret their bits. */
export function asUnsigned(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const tag = readTags(copy)
  const samples = tag.first(tags.samples) ?? 1
  for (let i = 0; i < samples; i++) tag.set(tags.sampleFormat, i, 1)
  return copy
}

/** The number of 16 bits. */
export function numberOf(bits: number, kind: Bits): number {
  if (kind === 'signed') return bits >= 0x8000 ? bits - 0x10000 : bits
  const sign = bits >= 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = (bits & 1023) / 1024
  if (exponent === 0) return sign * fraction * 2 ** -14
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (1 + fraction) * 2 ** (exponent - 15)
}
