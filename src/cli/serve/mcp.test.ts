/** `mini-o3 mcp` as a real child process of the official client. Needs `npm run build`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { expect, test } from 'vitest'
import { program, startProgram } from '../../../test/run-program.ts'
import { drawScene } from '../../probe/draw.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { encodePng } from '../../vision/encode.ts'

test('a client starts it, searches a file and zooms into it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-mcp-'))
  const scene = makeScene(4, 'easy')
  const image = join(folder, 'scene.png')
  await writeFile(image, await encodePng(drawScene(scene, [0, 0, 1, 1], { width: 768, height: 768 })))
  const client = new Client({ name: 'test', version: '1' })
  const broken: Error[] = []
  Object.assign(client, { onerror: (error: Error) => broken.push(error) })
  const transport = new StdioClientTransport({ command: process.execPath, args: [program, 'mcp'], stderr: 'pipe' })
  await client.connect(transport)
  try {
    const { question } = makeProblem(scene)
    const found = await client.callTool({ name: 'visual_search', arguments: { image, question } })
    expect(found.structuredContent).toMatchObject({ end: 'answered', answer: expect.stringMatching(/^\d$/) })
    const zoomed = await client.callTool({ name: 'zoom', arguments: { image, box: [0, 0, 0.5, 0.5] } })
    expect(zoomed.content).toMatchObject([{ type: 'text' }, { type: 'image', mimeType: 'image/jpeg' }])
    // Anything on stdout but the protocol would have been an error of the client's.
    expect(broken).toEqual([])
  } finally {
    await client.close()
    await rm(folder, { recursive: true })
  }
})

test('a message that is too long is refused by its id, and the next is answered', async () => {
  const child = spawn(process.execPath, [program, 'mcp'])
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string)
  const image = 'A'.repeat(1024 ** 2)
  child.stdin.write('{"method":"tools/call","params":{"name":"zoom","arguments":{"image":"')
  for (let i = 0; i < 100; i++) if (!child.stdin.write(image)) await once(child.stdin, 'drain')
  child.stdin.write('"}},"jsonrpc":"2.0","id":7}\n{"jsonrpc":"2.0","id":8,"method":"ping"}\n')
  expect(await answer()).toMatchObject({
    id: 7,
    error: { code: -32_600, message: expect.stringContaining('bytes') as string },
  })
  expect(await answer()).toEqual({ jsonrpc: '2.0', id: 8, result: {} })
  child.stdin.end()
  expect(await once(child, 'close')).toEqual([0, null])
})

test('a line that is no message is answered, and so are the messages of a batch', async () => {
  const child = spawn(process.execPath, [program, 'mcp'])
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string)
  child.stdin.write('hello\n[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":"b","method":"ping"}]\n')
  expect(await answer()).toMatchObject({ id: null, error: { code: -32_700 } })
  expect([await answer(), await answer()]).toMatchObject([{ id: 1 }, { id: 'b' }])
  child.stdin.end()
  expect(await once(child, 'close')).toEqual([0, null])
})

test('ends when stdin does, having said nothing', async () => {
  expect(await startProgram(['mcp']).ended).toMatchObject({ code: 0, signal: null, stdout: '' })
})

test.each([
  [['--policy', 'gpt'], 'is not one of embedded'],
  [['--policy', 'chat:qwen'], '--base-url'],
  [['--checkpoint', 'no.safetensors'], 'no.safetensors'],
])('%j ends with exit code 2 and a message', async (options, message) => {
  const { code, stderr } = await startProgram(['mcp', ...options]).ended
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
})
