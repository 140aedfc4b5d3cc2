/**
 * Identifies a process across restarts, containers and machines, where a process id alone is not unique.
 */
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { z } from 'zod'
import { errorCodeOf } from './errors.ts'

const schema = z.object({
  host: z.string(),
  pid: z.int().positive(),
  /** Boot id of the kernel, and the pid namespace (one per container); null if the platform has none. */
  boot: z.string().nullable(),
  pidNamespace: z.string().nullable(),
  /** Start time of the process in the platform's unit; null if unknown. */
  started: z.string().nullable(),
})

export type ProcessIdentity = z.infer<typeof schema>
export const processIdentitySchema: z.ZodType<ProcessIdentity> = schema

export async function ownIdentity(): Promise<ProcessIdentity> {
  return {
    host: hostname(),
    pid: process.pid,
    boot: await readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim(), none),
    pidNamespace: await readlink('/proc/self/ns/pid').catch(none),
    started: (await processStat(process.pid))?.started ?? null,
  }
}

/** `unknown`: it runs where this process cannot see it, or its id may have been reused. */
export async function stateOf(holder: ProcessIdentity): Promise<'running' | 'gone' | 'unknown'> {
  const own = await ownIdentity()
  if (holder.host !== own.host || holder.boot !== own.boot || holder.pidNamespace !== own.pidNamespace) return 'unknown'
  if (own.started === null) return isRunning(holder.pid) ? 'unknown' : 'gone'
  const stat = await processStat(holder.pid)
  return stat !== undefined && !stat.ended && stat.started === holder.started ? 'running' : 'gone'
}

/** From Linux's /proc; undefined if there is no such process, or no /proc. */
async function processStat(pid: number): Promise<{ readonly started: string; readonly ended: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses may contain anything; the state is the first field after it, the start time the twentieth.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, started] = [fields?.[0], fields?.[19]]
  if (state === undefined || started === undefined) return undefined
  return { started, ended: state === 'Z' || state === 'X' }
}

/** Whether a process with this id exists on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCodeOf(error) !== 'ESRCH'
  }
}

const none = (): null => null
