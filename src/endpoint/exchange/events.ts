/** Server-sent events, read from text that is cut anywhere. Pure. */
import { TransportError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'

/** A server that only pretends to stream sends a whole reply in one line, and no reply is larger. */
const maxLine = 8 * 2 ** 20

export interface EventReader {
  /** Throws `TransportError` where a line is longer than any reply. */
  push(text: string): void
  /** The last event may lack the blank line behind it. */
  end(): void
}

/**
 * Tells each event that holds a JSON object, and `done` for the usual last one. An event is told as soon as its line is there,
 * since some servers leave out the blank line behind it; one of several lines is told at its blank line. Anything else is skipped.
 */
export function eventReader(tell: (event: Fields | 'done') => void): EventReader {
  /** The line that is not whole yet. */
  let line = ''
  let afterReturn = false
  let name = ''
  /** Lines of an event that are no JSON by themselves. */
  let held: string[] = []
  let heldLength = 0

  function dispatch(event: Fields): void {
    tell(name === 'error' && event.error === undefined ? { error: event } : event)
  }

  function flush(): void {
    const lines = held
    held = []
    heldLength = 0
    const whole = jsonFields(lines.join('\n'))
    // Without a blank line between events one that is damaged has taken in those behind it.
    const events = whole === undefined ? lines.map(jsonFields) : [whole]
    for (const event of events) if (event !== undefined) dispatch(event)
  }

  function data(value: string): void {
    if (value.trim() === '[DONE]') {
      flush()
      return tell('done')
    }
    const event = held.length === 0 ? jsonFields(value) : undefined
    if (event !== undefined) return dispatch(event)
    heldLength += value.length
    if (heldLength > maxLine) throw tooLong()
    held.push(value)
  }

  function take(text: string): void {
    if (text === '') {
      flush()
      name = ''
      return
    }
    const colon = text.indexOf(':')
    const field = (colon < 0 ? text : text.slice(0, colon)).trimStart()
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') name = value.trim()
    else if (field === 'data') data(value)
    // The name that earlier releases of llama.cpp have for the field.
    else if (field === 'error') tell({ error: jsonFields(value) ?? value })
  }

  return {
    push(text) {
      if (text === '') return
      let start = afterReturn && text.startsWith('\n') ? 1 : 0
      afterReturn = text.endsWith('\r')
      const ends = /\r\n|\r|\n/g
      ends.lastIndex = start
      for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
        const whole = line + text.slice(start, end.index)
        line = ''
        start = ends.lastIndex
        take(whole.replace(/^\ufeff/, ''))
      }
      line += text.slice(start)
      if (line.length > maxLine) throw tooLong()
    },
    end() {
      const last = line
      line = ''
      if (last !== '') take(last)
      take('')
    },
  }
}

/** Whether a body with this beginning is a stream: it starts with a field or a comment. */
export function isEventStream(text: string): boolean {
  return /^\ufeff?\s{0,100}(?:data|event|id|retry|error)?:/.test(text)
}

function jsonFields(text: string): Fields | undefined {
  try {
    const value = parseJson(text)
    return fieldsOf(Array.isArray(value) ? value[0] : value)
  } catch {
    return undefined
  }
}

function tooLong(): TransportError {
  return new TransportError('reply-too-large', `An event of the stream is larger than ${maxLine / 2 ** 20} MiB.`)
}
