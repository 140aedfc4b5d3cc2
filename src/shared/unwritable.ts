/** What is told when something cannot be written: the file, the platform's reason, and what to do about it. */
import { errorCodeOf, messageOf, MiniO3Error } from './errors.ts'

/** Keeps the platform's code, such as `ENOSPC`. */
export function unwritable(path: string, cause: unknown): MiniO3Error {
  const code = errorCodeOf(cause)
  const [fix] = fixes.flatMap(([codes, text]) => (codes.includes(code) ? [text] : []))
  const then = 'What was stored before is kept: repeat the command to go on.'
  return new MiniO3Error(code, `${path} cannot be written: ${messageOf(cause)}. ${fix ?? 'Mend that.'} ${then}`, {
    cause,
  })
}

const fixes: readonly (readonly [readonly string[], string])[] = [
  [['ENOSPC', 'EDQUOT'], 'Make room on that disk.'],
  [['EACCES', 'EPERM', 'EROFS'], 'Allow writing there, or name another folder with --run.'],
  [['EMFILE', 'ENFILE'], 'Raise the limit on open files (ulimit -n).'],
]
