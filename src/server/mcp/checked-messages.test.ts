/** Lines on stdin: messages pass, a batch as its messages, and every other line is answered. */
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { checkedMessages } from './checked-messages.ts'
import type { JsonRpcRefusal } from './message-lines.ts'

async function read(line: string) {
  const refusals: JsonRpcRefusal[] = []
  const messages = checkedMessages((refusal) => refusals.push(refusal))
  messages.end(Buffer.from(line))
  return { passed: await text(messages), refused: refusals.map(({ id, error }) => [id, error.code]) }
}

const ping = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'ping' })
const line = (value: unknown): string => `${JSON.stringify(value)}\n`

test.each([
  ['a message', line(ping(1)), line(ping(1))],
  ['a message that ends in \\r\\n', line(ping('a')).replace('\n', '\r\n'), line(ping('a'))],
  ['a message behind a byte order mark', `\uFEFF${line(ping(2))}`, line(ping(2))],
  ['a batch', line([ping(3), ping(4)]), line(ping(3)) + line(ping(4))],
  ['a notification', line({ jsonrpc: '2.0', method: 'x' }), line({ jsonrpc: '2.0', method: 'x' })],
  ['a blank line', ' \n', ''],
])('%s passes', async (_, written, passed) => {
  expect(await read(written)).toEqual({ passed, refused: [] })
})

test.each([
  ['no JSON', 'hello\n', [[null, -32_700]]],
  ['half a message', '{"jsonrpc":"2.0","id":7,"method":\n', [[7, -32_700]]],
  ['deep nesting', `{"id":8,"params":${'['.repeat(200)}${']'.repeat(200)}}\n`, [[8, -32_700]]],
  ['no version', line({ id: 'a', method: 'ping' }), [['a', -32_600]]],
  ['an id that is null', line(ping(null)), [[null, -32_600]]],
  ['an id that is an object', line(ping({})), [[null, -32_600]]],
  ['an answer without a result', line({ jsonrpc: '2.0', id: 9 }), [[null, -32_600]]],
  ['an empty batch', '[]\n', [[null, -32_600]]],
  ['a number', '7\n', [[null, -32_600]]],
])('%s is refused', async (_, written, refused) => {
  expect(await read(written)).toEqual({ passed: '', refused })
})

test('a batch of which a part is a message', async () => {
  expect(await read(line([ping(1), 5]))).toEqual({ passed: line(ping(1)), refused: [[null, -32_600]] })
})
