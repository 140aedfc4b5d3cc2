/** The lines of a text file, numbered from 1, without their ends and without a byte order mark; empty ones are left out. */
import { createReadStream } from 'node:fs'

export interface TextLine {
  readonly line: number
  readonly text: string
}

/** Split at \n alone: JSON text may hold the other characters that some readers take for line ends (U+2028, U+2029). */
export async function* textLines(file: string): AsyncGenerator<TextLine, void> {
  let line = 0
  let rest = ''
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const text of lines) yield* cleaned(++line, text)
  }
  yield* cleaned(++line, rest)
}

function cleaned(line: number, text: string): readonly TextLine[] {
  const clean = (line === 1 ? text.replace(/^\uFEFF/, '') : text).replace(/\r$/, '')
  return clean.trim() === '' ? [] : [{ line, text: clean }]
}
