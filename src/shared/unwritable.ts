/** Errors for failed writes: the file, the platform's reason, and what to do. */
import { errorCodeOf, messageOf, MiniO3Error, UserError } from './errors.ts'

const goOn = 'What was stored before is kept: repeat the command to resume.'

/** Keeps the platform's code, such as `ENOSPC`. `then`: what is left, and what to do after the fix. */
export function unwritable(path: string, cause: unknown, then: string = goOn): MiniO3Error {
  const code = errorCodeOf(cause)
  if (inTheWay.includes(code)) {
    return new UserError(code, `${path} cannot be written: a file has the name of a folder. Name another folder.`, {
      cause,
    })
  }
  const [fix] = fixes.flatMap(([codes, text]) => (codes.includes(code) ? [text] : []))
  return new MiniO3Error(code, `${path} cannot be written: ${messageOf(cause)}. ${fix ?? 'Fix that.'} ${then}`, {
    cause,
  })
}

/** Codes of a path that leads through a file. */
const inTheWay = ['EEXIST', 'ENOTDIR']

const fixes: readonly (readonly [readonly string[], string])[] = [
  [['ENOSPC', 'EDQUOT'], 'Free some space on that disk.'],
  [['EACCES', 'EPERM', 'EROFS'], 'Allow writing there, or choose another folder.'],
  [['EMFILE', 'ENFILE'], 'Raise the limit on open files (ulimit -n).'],
]

/** Whether this is a platform error that only affects writing, such as a full disk. */
export function isUnwritable(error: unknown): boolean {
  return !(error instanceof MiniO3Error) && ['ENOSPC', 'EDQUOT', 'EROFS'].includes(errorCodeOf(error))
}
