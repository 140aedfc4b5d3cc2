import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { expect, test, vi } from 'vitest'
import { pixelBox, relativeBox } from '../../protocol/box.ts'
import type { Turn } from '../../protocol/trajectory.ts'
import type { SearchEvent } from '../../search/events.ts'
import { turnPrinter } from './turns.ts'

const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
const reply = { text: '', finish: 'stop', usage } as const
const boxPx = pixelBox(0, 0, 1000, 800)
const view = { boxPx, key: '', pixels: async () => ({ width: 64, height: 64, data: new Uint8Array(0) }) }

function acted(turn: number, taken: Partial<Turn>): SearchEvent {
  return { kind: 'acted', turn, taken: { ...reply, ms: 1, ...taken }, reply }
}

const zoom = { kind: 'grounding', boxRel: relativeBox(0, 0, 0.25, 0.123456), source: 'original_image' } as const
const events: readonly SearchEvent[] = [
  {
    kind: 'observed',
    observation: { index: 0, parent: null, boxPx, boxInOriginalPx: boxPx, view: { width: 64, height: 64 } },
    view,
  },
  { kind: 'thinking', turn: 1, text: 'go \u001b[2Jto\n the left\u0007' },
  acted(1, { thought: 'x', action: zoom, observation: 1 }),
  {
    kind: 'observed',
    observation: { index: 1, parent: 0, boxPx, boxInOriginalPx: boxPx, view: { width: 64, height: 64 } },
    view,
  },
  acted(2, {
    action: { ...zoom, source: 'observation_9' },
    error: { code: 'no-such-source', error: 'There is none.' },
  }),
  { kind: 'thinking', turn: 12, text: 'done' },
  acted(12, { thought: 'done', action: { kind: 'answer', text: '7\u001b]0;title\u0007' } }),
]

async function printed(isTTY: boolean, told = events): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream
  const printer = turnPrinter(stream)
  for (const event of told) printer.print(event)
  printer.close()
  stream.end()
  return text(stream)
}

test('every turn is told: thought, box, source, size of the view, mistakes and answer', async () => {
  expect(await printed(false)).toBe(
    [
      'turn  1  go to the left',
      '        zooms to [0, 0, 0.25, 0.1235] of original_image',
      '        observation 1: 1000 x 800 pixels, seen as 64 x 64',
      'turn  2',
      '        zooms to [0, 0, 0.25, 0.1235] of observation_9  mistake: no-such-source There is none.',
      'turn 12  done',
      '        answers 7',
      '',
    ].join('\n'),
  )
})

test('a reply without an action is no mistake of a zoom', async () => {
  const silent = acted(1, {
    thought: 'A sign.',
    error: { code: 'no-action', error: 'The turn holds neither a zoom nor an answer.' },
  })
  expect(await printed(false, [events[0]!, silent])).toContain('        neither zooms nor answers\n')
})

test('a terminal gets colours, and only ours', async () => {
  const coloured = await printed(true)
  expect(coloured).toContain('\u001b[1m')
  expect(coloured).not.toContain('\u001b[2J')
  expect(coloured).not.toContain('\u001b]0;')
})

test('a thought is written as it comes, and what follows a failed try begins anew', async () => {
  const writing = (text: string, turn = 1): SearchEvent => ({ kind: 'writing', turn, text })
  const live: readonly SearchEvent[] = [
    events[0]!,
    writing('It is '),
    { kind: 'waiting', turn: 1, why: 'The connection\nbroke.', waitMs: 3_400, next: { number: 2, of: 6 } },
    writing('To the\n'),
    writing(' \u001b[2Jleft'),
    { kind: 'thinking', turn: 1, text: 'To the\n \u001b[2Jleft, I think.' },
    acted(1, { thought: 'x', action: zoom, observation: 1 }),
    writing('Not what', 2),
    { kind: 'thinking', turn: 2, text: 'Something else.' },
    acted(2, { thought: 'x', action: { kind: 'answer', text: '7' } }),
    writing('Broken o', 3),
  ]
  expect(await printed(false, live)).toBe(
    [
      'turn  1  It is ',
      '        try 2 of 6 in 3 s: The connection broke.',
      'turn  1  To the left, I think.',
      '        zooms to [0, 0, 0.25, 0.1235] of original_image',
      'turn  2  Not what',
      'turn  2  Something else.',
      '        answers 7',
      'turn  3  Broken o',
      '',
    ].join('\n'),
  )
})

test('on a terminal the seconds of a wait are counted, and gone when it is over', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  try {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 }) as unknown as NodeJS.WriteStream
    const printer = turnPrinter(stream)
    printer.print(events[0]!)
    vi.advanceTimersByTime(2_000)
    printer.print({ kind: 'writing', turn: 1, text: 'Left.' })
    vi.advanceTimersByTime(5_000)
    printer.close()
    stream.end()
    const shown = stripVTControlCharacters(await text(stream))
    expect(shown.split('\r').map((part) => part.trim())).toEqual([
      '',
      'waiting for the model: 1 s',
      'waiting for the model: 2 s',
      'turn  1  Left.',
    ])
  } finally {
    vi.useRealTimers()
  }
})
