/**
 * Which process holds something, told so that it is never mistaken for another: a process id alone comes again after a
 * restart, in every container, and on every machine.
 */
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { z } from 'zod'
import { errorCodeOf } from './errors.ts'

const schema = z.object({
  host: z.string(),
  pid: z.int().positive(),
  /** Of the running kernel, and the pid namespace (a container has its own); null where the platform has no such thing. */
  boot: z.string().nullable(),
  pidNamespace: z.string().nullable(),
  /** When the process started, in the platform's own unit; null where it does not say. */
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

/** `unknown`: it runs where this process cannot see it, or its id may be another process's by now. */
export async function stateOf(holder: ProcessIdentity): Promise<'running' | 'gone' | 'unknown'> {
  const own = await ownIdentity()
  if (holder.host !== own.host || holder.boot !== own.boot || holder.pidNamespace !== own.pidNamespace) return 'unknown'
  if (own.started === null) return isRunning(holder.pid) ? 'unknown' : 'gone'
  const stat = await processStat(holder.pid)
  return stat !== undefined && !stat.ended && stat.started === holder.started ? 'running' : 'gone'
}

/** From Linux's /proc; undefined: there is no such process, or no /proc. */
async function processStat(pid: number): Promise<{ readonly started: string; readonly ended: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses may hold anything; the state is the first field behind it, the start the twentieth.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, started] = [fields?.[0], fields?.[19]]
  if (state === undefined || started === undefined) return undefined
  return { started, ended: state === 'Z' || state === 'X' }
}

/** Is there any process of this id here? */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCodeOf(error) !== 'ESRCH'
  }
}

const none = (): null => null
