/**
 * The objects of a JSON array, one at a time, from a file of any size. Long strings, such as base64 pictures, are given by
 * their place in the file alone.
 */
import { messageOf, UserError } from '../../shared/errors.ts'
import { HeldText, readBlocks } from './read-blocks.ts'

/** A string that was too long to be kept: bytes of the file, inside its quotes and with its escapes. */
export class LongText {
  readonly start: number
  readonly end: number
  constructor(start: number, end: number) {
    this.start = start
    this.end = end
  }
}

const quote = 0x22
const backslash = 0x5c
const open = new Set([0x5b, 0x7b])
const close = new Set([0x5d, 0x7d])
const maxItemCharacters = 4 * 1024 ** 2
const maxDepth = 100

/** Strings may be `LongText`. Throws UserError `data-not-json`, which names the item, counted from 1. */
export async function* readJsonItems(path: string): AsyncGenerator<unknown, void> {
  const held = new HeldText()
  let item = ''
  let longTexts: LongText[] = []
  let count = 0
  let depth = 0
  let inString = false
  let escaped = false
  let stringStart = 0

  function fail(what: string, cause?: unknown): never {
    throw new UserError('data-not-json', `${path}, item ${count + 1}: ${what}. Fetch or write the file again.`, {
      cause,
    })
  }

  /** Between the strings of an item; a long string leaves behind its number, where no other text can have a zero. */
  function keep(text: string | undefined): void {
    if (text === undefined || (item += text).length > maxItemCharacters) fail('holds more than can be read as one item')
  }

  function finishString(at: number): void {
    const text = held.take()
    if (text !== undefined) keep(`"${text}"`)
    else keep(`"\\u0000${longTexts.push(new LongText(stringStart, at)) - 1}"`)
  }

  function finishItem(): unknown {
    let value: unknown
    try {
      value = JSON.parse(item, (_, inner) => withLongTexts(inner, longTexts))
    } catch (error) {
      fail(`is not JSON: ${messageOf(error)}`, error)
    }
    item = ''
    longTexts = []
    count++
    return value
  }

  for await (const { bytes, offset } of readBlocks(path)) {
    let from = 0
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (inString) {
        if (escaped) {
          escaped = false
          continue
        }
        i = stringStop(bytes, i)
        if (i === bytes.length) break
        if (bytes[i] === backslash) escaped = true
        else {
          held.add(bytes.subarray(from, i))
          finishString(offset + i)
          inString = false
          from = i + 1
        }
      } else if (byte === quote) {
        if (depth < 2) fail('is not an object in an array')
        held.add(bytes.subarray(from, i))
        keep(held.take())
        inString = true
        stringStart = offset + i + 1
        from = i + 1
      } else if (open.has(byte)) {
        if (++depth === 2) from = i
        else if (depth === 1 && byte !== 0x5b) fail('the file is not an array')
        else if (depth > maxDepth) fail(`is nested more than ${maxDepth} deep`)
      } else if (close.has(byte) && --depth === 1) {
        held.add(bytes.subarray(from, i + 1))
        keep(held.take())
        yield finishItem()
        from = i + 1
      }
    }
    if (depth >= 2) held.add(bytes.subarray(from))
  }
  if (depth !== 0 || inString) fail('the file is cut off')
}

/** The next quote or backslash. */
function stringStop(bytes: Buffer, from: number): number {
  for (let i = from; i < bytes.length; i++) if (bytes[i] === quote || bytes[i] === backslash) return i
  return bytes.length
}

function withLongTexts(value: unknown, longTexts: readonly LongText[]): unknown {
  return typeof value === 'string' && value.startsWith('\0') ? (longTexts[Number(value.slice(1))] ?? value) : value
}
