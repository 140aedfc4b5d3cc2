/** Messages on stdin: whole lines pass, one that is too long is refused by its id, and those after it pass. */
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { messageLines } from './message-lines.ts'
import type { JsonRpcRefusal } from './message-lines.ts'

const limit = 5000

async function read(written: string, chunkBytes: number) {
  const refusals: JsonRpcRefusal[] = []
  const lines = messageLines((refusal) => refusals.push(refusal), limit)
  const bytes = Buffer.from(written)
  const passed = text(lines)
  for (let at = 0; at < bytes.length; at += chunkBytes) lines.write(bytes.subarray(at, at + chunkBytes))
  lines.end()
  return { passed: await passed, refusals }
}

const image = `data:image/png;base64,${'A'.repeat(20_000)}`
const params = { name: 'zoom', arguments: { id: 99, image, box: [0, 0, 1, 1], note: '"id":98,' } }

test.each([7, 1000, 100_000])('in chunks of %i bytes', async (chunkBytes) => {
  const short = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
  const long = `${JSON.stringify({ method: 'tools/call', params, jsonrpc: '2.0', id: 7 })}\n`
  const { passed, refusals } = await read(`${short}\n${long}${short}${long}é\n${short}`, chunkBytes)
  expect(passed).toBe(`${short}\n${short}é\n${short}`)
  expect(refusals.map(({ id, error }) => [id, error.code])).toEqual([
    [7, -32_600],
    [7, -32_600],
  ])
})

test.each([
  [{ jsonrpc: '2.0', id: 3, method: 'tools/call', params }, 3],
  [{ id: 'a"b', jsonrpc: '2.0', method: 'tools/call', params }, 'a"b'],
  [{ method: 'tools/call', params, jsonrpc: '2.0', id: 'z' }, 'z'],
  [{ params, id: 4, jsonrpc: '2.0', method: 'tools/call' }, 4],
  [{ jsonrpc: '2.0', method: 'tools/call', params }, null],
  [{ jsonrpc: '2.0', method: 'tools/call', params: { arguments: { id: 5, image } } }, null],
  [{ params: { image, id: 6 } }, null],
])('the id of %.60j is %j', async (message, id) => {
  const { refusals } = await read(`${JSON.stringify(message)}\n`, 1000)
  expect(refusals.map((refusal) => refusal.id)).toEqual([id])
})

test('a line of the longest length passes', async () => {
  const line = `${'x'.repeat(limit - 1)}\n`
  expect((await read(line, 64)).passed).toBe(line)
  expect((await read(`x${line}`, 64)).passed).toBe('')
})
