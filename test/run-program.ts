/** The built program as a real process: what it printed, and how it ended. Needs `npm run build`. */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly cwd?: string | undefined
  /** Beside the environment of the tests. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Options of Node. */
  readonly node?: readonly string[]
}

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** All output so far. */
  readonly said: { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<Ended>
}

export function startProgram(words: readonly string[], { cwd, env, node = [] }: Surroundings = {}): Started {
  const child = spawn(process.execPath, [...node, program, ...words], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    ...said,
  }))
  return { child, said, ended }
}

/** The first line on stdout. Throws if the program ends without one, with its output. */
export async function firstLine({ child, ended }: Started): Promise<string> {
  const line = once(createInterface({ input: child.stdout }), 'line').then(([text]: unknown[]) => String(text))
  const early = ended.then(({ code, signal, stdout, stderr }) => {
    throw new Error(`the program ended early (${signal ?? code}): ${stdout}${stderr}`)
  })
  return Promise.race([line, early])
}

export interface StartedServer extends Started {
  readonly url: string
  /** Sends Ctrl-C and waits for the end. */
  stop(): Promise<Ended>
}

/** Starts a command that serves on a free port. Throws if it ends before it serves. */
export async function startServer(words: readonly string[], surroundings: Surroundings = {}): Promise<StartedServer> {
  const started = startProgram([...words, '--port', '0', '--json'], surroundings)
  const { url } = JSON.parse(await firstLine(started)) as { url: string }
  const stop = (): Promise<Ended> => {
    started.child.kill('SIGINT')
    return started.ended
  }
  return { ...started, url, stop }
}
