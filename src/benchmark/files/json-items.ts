/**
 * Streams the objects of a JSON array or of JSON Lines from a file of any size. Long strings, such as base64 pictures, are returned as
 * their position in the file.
 */
import { messageOf, UserError } from '../../shared/errors.ts'
import { standardJson } from './json-text.ts'
import { HeldText, notUtf8, readBlocks } from './read-blocks.ts'
import type { ReadAt } from './text-source.ts'
import { byteAt } from '../../shared/number-at.ts'

/** A string too long to keep: its byte range in the file, without quotes, with escapes. */
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
const bracket = 0x5b
const open = new Set([bracket, 0x7b])
/** Whitespace and commas. */
const between = new Set([0x20, 0x09, 0x0d, 0x0a, 0x2c])
const close = new Set([0x5d, 0x7d])
const maxItemCharacters = 4 * 1024 ** 2
const maxDepth = 100

export interface JsonItem {
  /** Strings may be `LongText`. */
  readonly value: unknown
  /** Why it is unusable. */
  readonly broken?: string
}

const notAnObject: JsonItem = { value: undefined, broken: 'is not an object' }

/**
 * An item that is not an object or not valid JSON is marked as broken, and the others are still read. `path`: name of the file in errors.
 * Throws UserError `data-not-json`, with the item number from 1, if nothing after it can be read.
 */
export async function* readJsonItems(path: string, read: ReadAt): AsyncGenerator<JsonItem, void> {
  const held = new HeldText()
  let item = ''
  let longTexts: LongText[] = []
  let count = 0
  let depth = 0
  /** Depth outside of items: 1 in an array, 0 in JSON Lines. */
  let outside: 0 | 1 | undefined
  let inString = false
  let escaped = false
  let stringStart = 0
  /** Inside an item that is a number, a word or a string. */
  let bare = false

  function fail(what: string, cause?: unknown): never {
    throw new UserError('data-not-json', `${path}, item ${count + 1}: ${what}. Download or write the file again.`, {
      cause,
    })
  }

  /** Appends text to the item. A long string is replaced by its number after U+0000, which no other text contains. */
  function keep(text: string | undefined): void {
    if (text === undefined || (item += text).length > maxItemCharacters)
      fail('is larger than 4 MiB: write the rows as a list, or one on each line')
  }

  function finishString(at: number): void {
    const text = held.take()
    if (text !== undefined) keep(`"${text}"`)
    else keep(`"\\u0000${longTexts.push(new LongText(stringStart, at)) - 1}"`)
  }

  function nextItem(): void {
    item = ''
    longTexts = []
    bare = false
    count++
  }

  function finishItem(): JsonItem {
    const [text, texts] = [item, longTexts]
    nextItem()
    if (!held.takeValid()) return { value: undefined, broken: notUtf8 }
    try {
      const value: unknown = JSON.parse(standardJson(text), (_, inner) => withLongTexts(inner, texts))
      return Array.isArray(value) ? notAnObject : { value }
    } catch (error) {
      return { value: undefined, broken: `is not JSON: ${messageOf(error)}` }
    }
  }

  function finishBare(): JsonItem {
    nextItem()
    held.takeValid()
    return notAnObject
  }

  for await (const { bytes, offset } of readBlocks(read)) {
    let from = 0
    for (let i = 0; i < bytes.length; i++) {
      const byte = byteAt(bytes, i)
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
        if (outside === undefined) fail('is not an object')
        if (depth > outside) {
          held.add(bytes.subarray(from, i))
          keep(held.take())
        } else bare = true
        inString = true
        stringStart = offset + i + 1
        from = i + 1
      } else if (open.has(byte)) {
        outside ??= byte === bracket ? 1 : 0
        if (++depth > maxDepth) fail(`is nested more than ${maxDepth} deep`)
        if (depth !== outside + 1) continue
        if (bare) yield finishBare()
        from = i
      } else if (close.has(byte)) {
        if (--depth !== outside) continue
        held.add(bytes.subarray(from, i + 1))
        keep(held.take())
        yield finishItem()
        from = i + 1
      } else if (depth <= (outside ?? 0)) {
        if (between.has(byte)) {
          if (bare) yield finishBare()
        } else if (outside === undefined) fail('the file is not JSON')
        else bare = true
      }
    }
    if (outside !== undefined && depth > outside) held.add(bytes.subarray(from))
  }
  if (bare && !inString) yield finishBare()
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
