/** The lines of a text file, numbered from 1, without their ends and without a byte order mark; empty ones are left out. */
import { HeldText, notUtf8, readBlocks } from './read-blocks.ts'
import { openText } from './text-source.ts'

export interface TextLine {
  readonly line: number
  /** Empty where it is broken. */
  readonly text: string
  /** Why it cannot be read. */
  readonly broken?: string
}

const newline = 0x0a
const maxLineBytes = 64 * 1024 ** 2

/** Split at \n alone: JSON text may hold the other characters that some readers take for line ends (U+2028, U+2029). */
export async function* textLines(file: string): AsyncGenerator<TextLine, void> {
  const held = new HeldText(maxLineBytes)
  let line = 0

  function* finish(): Generator<TextLine, void> {
    const text = held.take()?.replace(/\r$/, '')
    const valid = held.takeValid()
    line++
    if (text === undefined) yield { line, text: '', broken: 'is longer than 64 MiB' }
    else if (!valid) yield { line, text: '', broken: notUtf8 }
    else if (text.trim() !== '') yield { line, text }
  }

  for await (const { bytes } of readBlocks(await openText(file))) {
    let from = 0
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
      held.add(bytes.subarray(from, at))
      yield* finish()
      from = at + 1
    }
    held.add(bytes.subarray(from))
  }
  yield* finish()
}
