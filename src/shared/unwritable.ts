/** What is told when something cannot be written: the file, the platform's reason, and what to do about it. */
import { errorCodeOf, messageOf, MiniO3Error } from './errors.ts'

const goOn = 'What was stored before is kept: repeat the command to go on.'

/** Keeps the platform's code, such as `ENOSPC`. `then`: what is left, and what to do once that is mended. */
export function unwritable(path: string, cause: unknown, then: string = goOn): MiniO3Error {
  const code = errorCodeOf(cause)
  const [fix] = fixes.flatMap(([codes, text]) => (codes.includes(code) ? [text] : []))
  return new MiniO3Error(code, `${path} cannot be written: ${messageOf(cause)}. ${fix ?? 'Mend that.'} ${then}`, {
    cause,
  })
}

const fixes: readonly (readonly [readonly string[], string])[] = [
  [['ENOSPC', 'EDQUOT'], 'Make room on that disk.'],
  [['EACCES', 'EPERM', 'EROFS'], 'Allow writing there, or choose another folder.'],
  [['EMFILE', 'ENFILE'], 'Raise the limit on open files (ulimit -n).'],
]

/** The platform's own error, and one with which only writing fails, as on a disk that is full. */
export function isUnwritable(error: unknown): boolean {
  return !(error instanceof MiniO3Error) && ['ENOSPC', 'EDQUOT', 'EROFS'].includes(errorCodeOf(error))
}
