/** Errors for failed writes: the file, the platform's reason, and what to do. */
import { errorCodeOf, messageOf, MiniO3Error } from './errors.ts'
import { fieldsOf } from './fields.ts'

const goOn = 'What was stored before is kept: repeat the command to resume.'

/**
 * The user has to name another place (exit 2, like any option that is wrong). Not a `UserError`, which a server takes for a fault in a request.
 */
class UnwritablePlace extends MiniO3Error {
  override readonly exitCode = 2
}

/**
 * Keeps the platform's code, such as `ENOSPC`. `then`: what is left, and what to do after the fix. A full disk has exit code 1: the same command
 * succeeds once there is room.
 */
export function unwritable(path: string, cause: unknown, then?: string): MiniO3Error {
  const code = errorCodeOf(cause)
  const place = placeFaults.find(({ codes }) => codes.includes(code))
  if (place !== undefined) {
    const why = `${path} cannot be written: ${place.why ?? messageOf(cause)}. ${place.fix}`
    return new UnwritablePlace(code, then === undefined ? why : `${why} ${then}`, { cause })
  }
  const [fix] = fixes.flatMap(([codes, text]) => (codes.includes(code) ? [text] : []))
  return new MiniO3Error(
    code,
    `${path} cannot be written: ${messageOf(cause)}. ${fix ?? 'Fix the cause.'} ${then ?? goOn}`,
    {
      cause,
    },
  )
}

interface PlaceFault {
  readonly codes: readonly string[]
  /** Absent: what the platform says. */
  readonly why?: string
  readonly fix: string
}

/** What makes a place one where this user cannot write this file. */
const placeFaults: readonly PlaceFault[] = [
  { codes: ['EEXIST', 'ENOTDIR'], why: 'a file has the name of a folder', fix: 'Name another folder.' },
  { codes: ['EISDIR'], why: 'it is a folder', fix: 'Name a file.' },
  { codes: ['EACCES', 'EPERM', 'EROFS'], fix: 'Allow writing there, or name another folder.' },
  // Folders that are missing are made; where that is impossible, as in /proc, this is the code.
  { codes: ['ENOENT'], fix: 'Name another folder.' },
  // Of a file that is only opened if it is none, and of links that lead to each other.
  { codes: ['ELOOP'], why: 'it is a link', fix: 'Remove it, or name another folder.' },
  { codes: ['ENAMETOOLONG'], fix: 'Choose a shorter name.' },
]

const fixes: readonly (readonly [readonly string[], string])[] = [
  [['ENOSPC', 'EDQUOT'], 'Free some space on that disk.'],
  [['EMFILE', 'ENFILE'], 'Raise the limit on open files (ulimit -n).'],
]

/** Whether this is a platform error of a call that writes, such as one of a full or failing disk. */
export function isUnwritable(error: unknown): boolean {
  if (error instanceof MiniO3Error) return false
  return fullCodes.includes(errorCodeOf(error)) || writingCalls.includes(fieldsOf(error)?.['syscall'])
}

/** A file cannot even be opened for writing. */
const fullCodes = ['ENOSPC', 'EDQUOT', 'EROFS']
const writingCalls: readonly unknown[] = ['write', 'writev', 'fsync', 'fdatasync', 'ftruncate', 'mkdir', 'rename']
