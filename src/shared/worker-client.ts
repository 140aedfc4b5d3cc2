/** Request/response client for a worker thread: pending requests are rejected if the thread fails, exits or is stopped. */
import { parentPort, Worker } from 'node:worker_threads'
import { errorCodeOf, messageOf, MiniO3Error } from './errors.ts'
import { defined } from './known.ts'

type Request<Q> = { readonly id: number; readonly request: Q }
type Response<A> = { readonly id: number } & ({ readonly answer: A } | { readonly failure: Failure })

interface Failure {
  readonly code: string
  readonly name: string
  readonly message: string
  readonly stack?: string | undefined
}

export interface WorkerClient<Q, A> {
  /** Rejects with a `MiniO3Error` that has the code of the error in the thread, or `worker-ended` if the thread is gone. */
  ask(request: Q): Promise<A>
  /** Number of pending requests. */
  pending(): number
  /** Milliseconds that the thread was not idle. */
  activeMs(): number
  /** Why the thread ended, if it did. */
  ended(): MiniO3Error | undefined
  /** Terminates the thread and rejects pending requests. */
  close(): Promise<void>
}

interface Waiting<A> {
  readonly resolve: (answer: A) => void
  readonly reject: (error: unknown) => void
}

/** Starts a thread from the compiled file `url`, which calls `answerRequests`. An idle thread does not keep the process alive. */
export function startWorker<Q, A>(
  url: URL,
  { onEnd, ...options }: { readonly workerData?: unknown; onEnd?(): void } = {},
): WorkerClient<Q, A> {
  // What a library prints in a thread would end up between the lines of `--json` and of a protocol over stdio. Errors arrive as messages.
  const worker = new Worker(url, { ...options, stdout: true })
  worker.stdout.resume()
  const waiting = new Map<number, Waiting<A>>()
  let ended: MiniO3Error | undefined
  let next = 0
  worker.unref()

  worker.on('message', (response: Response<A>) => {
    const asked = waiting.get(response.id)
    waiting.delete(response.id)
    if (waiting.size === 0) worker.unref()
    if ('answer' in response) asked?.resolve(response.answer)
    else asked?.reject(errorOf(response.failure))
  })
  const end = (error: MiniO3Error): void => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
    onEnd?.()
  }
  const endedBecause = (reason: string, cause?: unknown): MiniO3Error =>
    new MiniO3Error('worker-ended', `A worker thread ${reason}.`, { cause })
  worker.on('error', (cause) => end(endedBecause(`broke: ${messageOf(cause)}`, cause)))
  worker.on('messageerror', (cause) => end(endedBecause('sent a message that cannot be deserialised', cause)))
  worker.on('exit', (status) => end(endedBecause(`ended by itself, with status ${status}`)))

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) throw ended
        const id = next++
        waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ id, request } satisfies Request<Q>)
      }),
    pending: () => waiting.size,
    activeMs: () => worker.performance.eventLoopUtilization().active,
    ended: () => ended,
    async close() {
      end(endedBecause('was stopped'))
      await worker.terminate()
    },
  }
}

function errorOf({ code, message, ...thrown }: Failure): MiniO3Error {
  return new MiniO3Error(code, message, { cause: Object.assign(new Error(message), thrown) })
}

/** In the thread: handles requests concurrently and answers each when done. */
export function answerRequests<Q, A>(handle: (request: Q) => A | Promise<A>): void {
  const port = defined(parentPort ?? undefined, 'the port of the thread')
  port.on('message', ({ id, request }: Request<Q>) => {
    const answered = async (): Promise<Response<A>> => {
      try {
        return { id, answer: await handle(request) }
      } catch (error) {
        const { name, stack } = error instanceof Error ? error : new Error(messageOf(error))
        return { id, failure: { code: errorCodeOf(error), name, message: messageOf(error), stack } }
      }
    }
    void answered().then((response) => port.postMessage(response))
  })
}
