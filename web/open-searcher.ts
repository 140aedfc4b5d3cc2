/** The page's side of its searching worker: requests, answered in order. */
import type { SearcherData } from '../src/page/page-data.ts'
import { messageOf } from '../src/shared/errors.ts'
import { inflated } from './inflated.ts'
import type { TryAsks, TryResponse } from './searcher/messages.ts'

export interface PageSearcher {
  /** Rejects with an `Error` whose message can be shown. */
  ask<Kind extends keyof TryAsks>(kind: Kind, about: Parameters<TryAsks[Kind]>[0]): Promise<ReturnType<TryAsks[Kind]>>
}

const tooOld = 'This browser cannot search. Open the page in a current Chrome, Edge, Firefox or Safari.'

/** Starts the worker, which draws scenes at once, and reads the weights meanwhile. */
export function openSearcher({ script, ...parts }: SearcherData): PageSearcher {
  const waiting = new Map<number, { answer(response: MessageEvent): void; fail(reason: string): void }>()
  const starting = start()
  let next = 0
  /** Why the worker answers nothing any more. */
  let broken: string | undefined

  async function start(): Promise<Worker> {
    const url = URL.createObjectURL(new Blob([await inflated(script)], { type: 'text/javascript' }))
    const worker = new Worker(url)
    worker.addEventListener('message', (response: MessageEvent<TryResponse>) => {
      waiting.get(response.data.id)?.answer(response)
      waiting.delete(response.data.id)
    })
    worker.addEventListener('error', ({ message }) => {
      broken = `${tooOld} (${message})`
      for (const { fail } of waiting.values()) fail(broken)
      waiting.clear()
    })
    return worker
  }

  const ask: PageSearcher['ask'] = async (kind, about) => {
    const worker = await starting.catch((error: unknown) => {
      throw new Error(`${tooOld} (${messageOf(error)})`)
    })
    if (broken !== undefined) throw new Error(broken)
    const id = next++
    const answered = new Promise<ReturnType<TryAsks[typeof kind]>>((resolve, reject) => {
      waiting.set(id, {
        answer: ({ data }) => ('problem' in data ? reject(new Error(data.problem)) : resolve(data.answer)),
        fail: (reason) => reject(new Error(reason)),
      })
    })
    worker.postMessage({ id, kind, about })
    return answered
  }
  ask('load', parts).catch(() => {})
  return { ask }
}
