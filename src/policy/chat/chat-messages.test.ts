import { describe, expect, it } from 'vitest'
import type { ImagePart, ToolCall } from '../../endpoint/exchange/messages.ts'
import { resultMessages, turnText, userMessage } from './chat-messages.ts'

const image: ImagePart = { type: 'image', bytes: new Uint8Array(3), mime: 'image/png', sha256: '0'.repeat(64) }
const call = (id: string, json: string): ToolCall => ({ id, name: 'zoom', arguments: json })

describe('a message of the user', () => {
  it.each([
    ['<image>\nWhich?', [image, { type: 'text', text: '\nWhich?' }]],
    ['Crop 1:\n<image>.\nGo on.', [{ type: 'text', text: 'Crop 1:\n' }, image, { type: 'text', text: '.\nGo on.' }]],
    ['Crop 1\n<image>', [{ type: 'text', text: 'Crop 1\n' }, image]],
    ['No place for it', [image, { type: 'text', text: 'No place for it' }]],
    ['<image>\nWhat does <image> mean?', [image, { type: 'text', text: '\nWhat does <image> mean?' }]],
  ])('holds the picture in its place: %j', (text, content) => {
    expect(userMessage(text, [image])).toEqual({ role: 'user', content })
  })

  it.each([
    ['A:\n<image>\nB:\n<image>\nWhich <image>?', ['A:\n', 0, '\nB:\n', 1, '\nWhich <image>?']],
    ['<image><image>', [0, 1]],
    ['<image>\nWhich?', [0, 1, '\nWhich?']],
  ])('holds several pictures in their places: %j', (text, expected) => {
    const images = [image, { ...image, sha256: '1'.repeat(64) }]
    const content = expected.map((part) => (typeof part === 'number' ? images[part] : { type: 'text', text: part }))
    expect(userMessage(text, images)).toEqual({ role: 'user', content })
  })

  it('is plain text without a picture, whatever it quotes', () => {
    expect(userMessage('There is no <image>.')).toEqual({ role: 'user', content: 'There is no <image>.' })
  })
})

describe('the results of native calls', () => {
  it('answer every call, the last one with what came of it, and the picture behind them', () => {
    expect(resultMessages([call('a', '{}'), call('b', '{}')], 'Crop 1:\n<image>\nGo on.', [image])).toEqual([
      { role: 'tool', toolCallId: 'a', content: 'Not carried out: the last call of a turn counts.' },
      { role: 'tool', toolCallId: 'b', content: 'Crop 1:\nGo on.' },
      { role: 'user', content: [image] },
    ])
  })

  it('are the mistake alone when there was one', () => {
    expect(resultMessages([call('a', '{}')], 'That failed.', [])).toEqual([
      { role: 'tool', toolCallId: 'a', content: 'That failed.' },
    ])
  })
})

describe('the text of a turn', () => {
  it('ends with its native calls, their arguments as the model wrote them', () => {
    const text = turnText('<think>Closer.</think>', [call('a', '{"bbox": [1,  2]}'), call('b', '')])
    expect(text).toBe(
      '<think>Closer.</think><tool_call>{"name": "zoom", "arguments": {"bbox": [1,  2]}}</tool_call>' +
        '<tool_call>{"name": "zoom", "arguments": {}}</tool_call>',
    )
  })

  it('is what was said when there is none', () => {
    expect(turnText('<answer>red</answer>', [])).toBe('<answer>red</answer>')
  })
})
