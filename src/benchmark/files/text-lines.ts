/** The non-empty lines of a text file, numbered from 1, without line ends and byte order mark. */
import { HeldText, notUtf8, readBlocks } from './read-blocks.ts'
import { openText } from './text-source.ts'

export interface TextLine {
  readonly line: number
  /** Empty if the line is broken. */
  readonly text: string
  /** Why it cannot be read. */
  readonly broken?: string
}

const newline = 0x0a
const maxLineBytes = 64 * 1024 ** 2

/** Splits at \n only: JSON text may contain U+2028 and U+2029, which some readers treat as line ends. */
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
