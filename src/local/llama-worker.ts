/**
 * The child process that runs llama.cpp. A separate process is needed because the addon prints to standard output, and exits the
 * process if it cannot read a model.
 */
import { rmSync } from 'node:fs'
import { errorCodeOf, messageOf } from '../shared/errors.ts'
import { openLlama } from './llama.ts'
import type { Llama } from './llama.ts'
import type { Note, Order } from './orders.ts'

let llama: Llama | undefined
let folder: string | undefined
const stops = new Map<number, AbortController>()

function tell(note: Note): void {
  if (process.connected) process.send?.(note)
}

process.on('message', (order: Order) => {
  if (order.kind === 'cancel') stops.get(order.id)?.abort()
  else void answer(order)
})

async function answer(order: Exclude<Order, { readonly kind: 'cancel' }>): Promise<void> {
  try {
    if (order.kind === 'open') {
      folder = order.keptFolder
      llama = openLlama(order)
      tell({ kind: 'opened', devices: llama.devices })
      return
    }
    const { id } = order
    const stop = new AbortController()
    stops.set(id, stop)
    const listener = {
      onReading: (tokens: number, kept: number) => tell({ kind: 'reading', id, tokens, kept }),
      onText: (text: string, thinking: string) => tell({ kind: 'text', id, text, thinking }),
    }
    const reply = await llama?.complete(order, listener, stop.signal)
    if (reply !== undefined) tell({ kind: 'done', id, reply })
  } catch (error) {
    const told = { code: errorCodeOf(error), message: messageOf(error) }
    tell({ kind: 'failed', ...(order.kind === 'complete' && { id: order.id }), ...told })
  } finally {
    if (order.kind === 'complete') stops.delete(order.id)
  }
}

// The parent handles Ctrl-C; when the parent is gone, there is nobody to reply to.
process.on('SIGINT', () => {})
process.on('disconnect', () => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  process.kill(process.pid, 'SIGKILL')
})
