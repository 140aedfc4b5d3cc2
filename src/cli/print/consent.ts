/** Asking before something costs: a person at a terminal is asked, a script has to say --yes beforehand. */
import { createInterface } from 'node:readline'
import { UserError } from '../../shared/errors.ts'
import { plainText } from './plain-text.ts'

export interface Consent {
  /** `--yes`. */
  readonly yes: boolean | undefined
  /** Such as `Download it?`. */
  readonly question: string
  /** What a script has to run to go on, `--yes` included. */
  readonly command: string
}

/** Anything but yes is no, the end of the input too. Throws `UserError` `consent-missing` where nobody can be asked. */
export async function isAgreed({ yes, question, command }: Consent): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UserError('consent-missing', `Nothing was done, since nobody could be asked. To go on:\n  ${command}`)
  process.stderr.write(plainText(`${question} [y/N] `))
  // Not as a terminal of its own, so that Ctrl-C ends the program as it does anywhere.
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
