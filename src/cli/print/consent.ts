/** Asks for confirmation before costly actions: interactively at a terminal, by `--yes` in scripts. */
import { createInterface } from 'node:readline'
import { UserError } from '../../shared/errors.ts'
import { plainText } from './plain-text.ts'

export interface Consent {
  /** `--yes`. */
  readonly yes: boolean | undefined
  /** For example `Download it?`. */
  readonly question: string
  /** The command that a script has to run instead, including `--yes`. */
  readonly command: string
}

/** Anything but yes means no, including the end of input. Throws `UserError` `consent-missing` without a terminal. */
export async function isAgreed({ yes, question, command }: Consent): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UserError(
      'consent-missing',
      `Nothing was done: this needs confirmation, and there is no terminal to ask at. To confirm, run\n  ${command}`,
    )
  process.stderr.write(plainText(`${question} [y/N] `))
  // `terminal: false` leaves Ctrl-C to end the program as usual.
  const lines = createInterface({ input: process.stdin, terminal: false })
  try {
    const answer = await new Promise<string>((resolve) => {
      lines.once('line', resolve)
      lines.once('close', () => resolve(''))
    })
    return /^\s*y(?:es)?\s*$/i.test(answer)
  } finally {
    lines.close()
  }
}
