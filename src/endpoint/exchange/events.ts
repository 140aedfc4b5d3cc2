/** An incremental parser for server-sent events. Pure. */
import { TransportError } from '../../shared/errors.ts'
import { pythonJsonOrUndefined } from '../../shared/json.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'

/** A server that only simulates streaming sends the whole reply in one line; no reply is larger. */
const maxLine = 8 * 2 ** 20

export interface EventReader {
  /** Throws `TransportError` for a line longer than any reply. */
  push(text: string): void
  /** The last event may lack its blank line. */
  end(): void
}

/**
 * Emits each event with a JSON object, and `done` for the usual last one. A single-line event is emitted as soon as its line is
 * complete, since some servers omit the blank line; a multi-line event at its blank line. Anything else is skipped.
 */
export function eventReader(tell: (event: Fields | 'done') => void): EventReader {
  /** The incomplete last line. */
  let line = ''
  let afterReturn = false
  let name = ''
  /** Lines of an event that are not JSON by themselves. */
  let held: string[] = []
  let heldLength = 0

  function dispatch(event: Fields): void {
    tell(name === 'error' && event.error === undefined ? { error: event } : event)
  }

  function flush(): void {
    // A reply of blank lines costs nothing.
    if (held.length === 0) return
    const lines = held
    held = []
    heldLength = 0
    const whole = jsonFields(lines.join('\n'))
    // Without blank lines, a damaged event has absorbed the following ones.
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
    // The field name of earlier llama.cpp releases.
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

/** Whether a body with this start is an event stream, that is, starts with a field or a comment. */
export function isEventStream(text: string): boolean {
  return /^\ufeff?\s{0,100}(?:data|event|id|retry|error)?:/.test(text)
}

function jsonFields(text: string): Fields | undefined {
  const value = pythonJsonOrUndefined(text)
  return fieldsOf(Array.isArray(value) ? value[0] : value)
}

function tooLong(): TransportError {
  return new TransportError('reply-too-large', `An event of the stream is larger than ${maxLine / 2 ** 20} MiB.`)
}
