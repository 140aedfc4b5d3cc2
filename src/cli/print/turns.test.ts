import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
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

async function printed(isTTY: boolean): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream
  const printer = turnPrinter(stream)
  for (const event of events) printer.print(event)
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

test('a terminal gets colours, and only ours', async () => {
  const coloured = await printed(true)
  expect(coloured).toContain('\u001b[1m')
  expect(coloured).not.toContain('\u001b[2J')
  expect(coloured).not.toContain('\u001b]0;')
})
