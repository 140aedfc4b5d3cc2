/** A child process that runs llama.cpp. Its exit status and last output are kept, and while idle it does not keep the program running. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { MiniO3Error } from '../shared/errors.ts'
import { defined } from '../shared/known.ts'

export interface Child {
  readonly process: ChildProcess
  /** Resolves when it has exited, with the reason as an error `llama-ended`. */
  readonly gone: Promise<MiniO3Error>
  /** While `busy`, it keeps the program running. */
  hold(busy: boolean): void
}

/** Runs a compiled module with an IPC channel, by which it notices that the program is gone. */
export function startChild(module: URL, args: readonly string[] = []): Child {
  const child = fork(module, args, {
    serialization: 'advanced',
    // llama.cpp's standard output is discarded.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  })
  const said = keepWords(child)
  const gone = new Promise<MiniO3Error>((resolve) => {
    // Its last output arrives after its exit.
    child.on('close', (status, killed) => resolve(new MiniO3Error('llama-ended', endOf(status, killed, said()))))
    child.on('error', (cause) => {
      resolve(new MiniO3Error('llama-ended', `The process that runs llama.cpp failed: ${cause.message}`, { cause }))
    })
  })
  return {
    process: child,
    gone,
    hold(busy) {
      for (const handle of [child, child.channel]) {
        if (busy) handle?.ref()
        else handle?.unref()
      }
    },
  }
}

const mostWords = 16_384

/** The end of its standard error. */
function keepWords(child: ChildProcess): () => string {
  const stream = defined(child.stderr ?? undefined, 'the standard error of the process')
  let words = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => (words = (words + text).slice(-mostWords)))
  if (stream instanceof Socket) stream.unref()
  return () => words
}

function endOf(status: number | null, signal: NodeJS.Signals | null, words: string): string {
  const how = signal === null ? `with status ${status}` : `by ${signal}`
  const memory = signal === 'SIGKILL' ? ' The system does that when memory runs out.' : ''
  const complaints = words.split('\n').filter((line) => /error|fail|unsupported|abort|assert/i.test(line))
  const why = complaints.length === 0 ? '' : ` Its last output: ${complaints.slice(-3).join(' / ').slice(0, 600)}`
  return `The process that runs llama.cpp ended ${how}.${memory}${why}`
}

interface Running {
  ended(): boolean
  close(): Promise<void>
}

/** The result of `start`, started again after it has exited: the cause may have been a single request. */
export async function kept<T extends Running>(
  start: () => Promise<T>,
): Promise<{ now(): Promise<T>; close(): Promise<void> }> {
  let current = await start()
  let starting: Promise<T> | undefined
  let closed = false
  return {
    async now() {
      if (!current.ended() || closed) return current
      starting ??= start().finally(() => (starting = undefined))
      current = await starting
      return current
    },
    async close() {
      closed = true
      await current.close()
    },
  }
}
