/** A process of this program's own that runs llama.cpp: how it ended and its last words are kept, and while it idles it keeps nothing running. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { MiniO3Error } from '../shared/errors.ts'
import { defined } from '../shared/known.ts'

export interface Child {
  readonly process: ChildProcess
  /** Settles when it has gone, with why: `llama-ended`. */
  readonly gone: Promise<MiniO3Error>
  /** While `busy`, the program waits for it. */
  hold(busy: boolean): void
}

/** Runs a compiled module with an IPC channel, of which it learns when the program has gone. */
export function startChild(module: URL, args: readonly string[] = []): Child {
  const child = fork(module, args, {
    serialization: 'advanced',
    // What llama.cpp prints on its standard output is not for anybody.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  })
  const said = keepWords(child)
  const gone = new Promise<MiniO3Error>((resolve) => {
    // Its last words come after its end.
    child.on('close', (status, killed) => resolve(new MiniO3Error('llama-ended', endOf(status, killed, said()))))
    child.on('error', (cause) => {
      resolve(new MiniO3Error('llama-ended', `The process that runs llama.cpp broke: ${cause.message}`, { cause }))
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

/** The last that it wrote on its standard error. */
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
  const why = complaints.length === 0 ? '' : ` Its last words: ${complaints.slice(-3).join(' / ').slice(0, 600)}`
  return `The process that runs llama.cpp ended ${how}.${memory}${why}`
}

interface Running {
  ended(): boolean
  close(): Promise<void>
}

/** What `start` gives, started again where it has ended: it may have met something that only one request holds. */
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
