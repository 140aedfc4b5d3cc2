/** Controls the child process that runs llama.cpp: sends orders, receives notes, and rejects pending requests when it exits. */
import { onAbort, orAborted } from '../shared/deadline.ts'
import { MiniO3Error } from '../shared/errors.ts'
import { workerUrl } from '../shared/worker-url.ts'
import { startChild } from './child.ts'
import type { CompleteOrder, LocalReply, Note, OpenOrder, ReplyProgress } from './orders.ts'

export interface LlamaProcess {
  readonly devices: readonly string[]
  /** Rejects with a `MiniO3Error` with the code of the error in the child process, or `llama-ended`. */
  complete(
    order: Omit<CompleteOrder, 'kind' | 'id'>,
    onProgress: OnProgress,
    signal: AbortSignal | undefined,
  ): Promise<LocalReply>
  readonly pid: number | undefined
  ended(): boolean
  close(): Promise<void>
}

type OnProgress = (progress: ReplyProgress) => void

interface Waiting {
  readonly onNote: (note: Note) => void
  readonly reject: (error: MiniO3Error) => void
}

/** Starts the process and loads the model. Rejects with `llama-ended`, including llama.cpp's own message, if it cannot read the model. */
export async function startLlama(order: OpenOrder): Promise<LlamaProcess> {
  const { process: child, gone, hold } = startChild(workerUrl(import.meta.url, './llama-worker.js'))
  const waiting = new Map<number, Waiting>()
  let ended: MiniO3Error | undefined
  let next = 1

  const end = (error: MiniO3Error): void => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }
  void gone.then(end)
  child.on('message', (note: Note) => waiting.get(('id' in note ? note.id : undefined) ?? opening)?.onNote(note))

  function send<T>(id: number, message: object, read: (note: Note) => { readonly value: T } | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (ended !== undefined) throw ended
      const onNote = (note: Note): void => {
        if (note.kind === 'failed') reject(new MiniO3Error(note.code, note.message))
        const answered = read(note)
        if (answered !== undefined) resolve(answered.value)
      }
      waiting.set(id, { onNote, reject })
      hold(true)
      child.send(message)
    }).finally(() => {
      waiting.delete(id)
      if (waiting.size === 0) hold(false)
    })
  }

  async function close(): Promise<void> {
    end(new MiniO3Error('llama-ended', 'The process that runs llama.cpp was stopped.'))
    child.kill('SIGKILL')
    hold(true)
    await gone
  }

  try {
    const devices = await send(opening, order, (note) => (note.kind === 'opened' ? { value: note.devices } : undefined))
    return {
      devices,
      pid: child.pid,
      ended: () => ended !== undefined,
      close,
      complete(asked, onProgress, signal) {
        const id = next++
        const cancel = (): void => void (child.connected && child.send({ kind: 'cancel', id }))
        const release = onAbort(signal, cancel)
        const reply = send(id, { ...asked, kind: 'complete', id }, (note) => {
          if (note.kind === 'text' || note.kind === 'reading') onProgress(note)
          return note.kind === 'done' ? { value: note.reply } : undefined
        })
        // A picture that is being read is always read to its end.
        return orAborted(reply, signal).finally(release)
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Id of the order that opens the model. */
const opening = 0
