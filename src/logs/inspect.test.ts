import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cropJpeg, embedded, imported, sceneSize, scenePng, writeEval, writeText } from '../../test/foreign-logs.ts'
import { openRun } from '../runs/run-folder.ts'
import { findLogs } from './find-logs.ts'
import { importLog } from './import-log.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-inspect-'))
})
afterAll(() => rm(folder, { recursive: true }))

const box = [200, 150, 400, 300] as const

const header = {
  version: 2,
  status: 'success',
  eval: {
    task: 'digits',
    model: 'mockllm/model',
    created: '2026-11-29T10:40:20+00:00',
    packages: { inspect_ai: '0.3.285' },
  },
  results: { scores: [{ name: 'other' }, { name: 'match' }], headline: { scorer: 'match' } },
}

async function sample(changes: object = {}): Promise<object> {
  const [scene, crop] = [embedded(await scenePng()), embedded(await cropJpeg(box))]
  return {
    id: 's0',
    epoch: 2,
    input: 'Which digit?',
    target: ['7', 'seven'],
    messages: [
      { id: 'm0', role: 'system', content: 'Look closely.' },
      {
        id: 'm1',
        role: 'user',
        source: 'input',
        content: [
          { type: 'image', image: 'attachment://aa', detail: 'auto' },
          { type: 'text', text: 'attachment://cc' },
        ],
      },
      {
        id: 'm2',
        role: 'assistant',
        content: [
          { type: 'reasoning', reasoning: 'It is small.' },
          { type: 'text', text: 'I zoom in.' },
        ],
        tool_calls: [
          { id: 'c1', type: 'function', function: 'zoom', arguments: { bbox_2d: box } },
          { id: 'c2', type: 'function', function: 'zoom', arguments: { bbox_2d: [9, 9, 1, 1] } },
          { id: 'c3', type: 'function', function: 'python', arguments: { code: 'print(6+1)' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c3', function: 'python', content: '7' },
      {
        role: 'tool',
        tool_call_id: 'c1',
        content: [
          { type: 'text', text: 'Here:' },
          { type: 'image', image: 'attachment://bb' },
        ],
      },
      { role: 'tool', tool_call_id: 'c2', content: '', error: { type: 'unknown', message: 'empty box' } },
      { id: 'm3', role: 'assistant', source: 'generate', content: 'It is 7.' },
    ],
    scores: { other: { value: 0 }, match: { value: 'C', answer: '7', explanation: 'as expected' } },
    metadata: { split: 'test' },
    events: [
      {
        event: 'model',
        output: { choices: [{ message: { id: 'm2' } }], usage: { input_tokens: 800, output_tokens: 20 } },
        working_time: 1.5,
      },
      {
        event: 'model',
        output: {
          choices: [{ message: { id: 'm3' } }],
          usage: { input_tokens: 100, input_tokens_cache_read: 800, output_tokens: 5 },
          time: 0.5,
        },
      },
    ],
    total_time: 3,
    attachments: { aa: scene, bb: crop, cc: 'Which digit?' },
    ...changes,
  }
}

test('a sample with tools becomes a search: a turn for each call, its box, what came back, its tokens, its verdict', async () => {
  const path = join(folder, 'a.eval')
  await writeEval(path, { 'header.json': header, 'samples/s0_epoch_2.json': await sample(), 'summaries.json': [] })
  const { result, searches } = await imported(path, join(folder, 'a'))
  expect(result).toMatchObject({ searches: 1, unread: 0, noPicture: 0, boxes: { pixel: 1, assumed: 0 } })
  expect(searches).toMatchObject([
    {
      problem: { docId: 's0', dataSource: 'digits', question: 'Which digit?', answer: '7 | seven' },
      policy: 'mockllm/model',
      sampleIndex: 1,
      picture: sceneSize,
      end: 'answered',
      answer: 'It is 7.',
      ms: 3000,
      verdict: { kind: 'correct', reason: 'match: "C". as expected' },
      imported: {
        from: 'inspect_ai',
        before: 'system: Look closely.',
        facts: expect.stringContaining('"split": "test"') as string,
      },
      observations: [
        { index: 0, parent: null },
        { index: 1, parent: 0, boxInOriginalPx: box, view: { width: 300, height: 225 } },
      ],
      turns: [
        {
          thinking: 'It is small.',
          thought: 'It is small.\n\nI zoom in.',
          action: { kind: 'grounding', boxRel: [0.25, 0.25, 0.5, 0.5], source: 'original_image' },
          observation: 1,
          returned: 'Here:',
          usage: { promptTokens: 800, replyTokens: 20 },
          ms: 1500,
        },
        { returned: 'Error: empty box' },
        { text: expect.stringContaining('print(6+1)') as string, returned: '7' },
        {
          action: { kind: 'answer', text: 'It is 7.' },
          usage: { promptTokens: 80, cachedTokens: 800, replyTokens: 5 },
          ms: 500,
        },
      ],
    },
  ])
  expect(searches[0]?.turns[1]).not.toHaveProperty('action')
  expect(await readdir(join(folder, 'a', 'images'))).toHaveLength(2)
})

test('a .json log, a repeat that adds nothing, and a folder of logs', async () => {
  const logs = join(folder, 'logs')
  await writeText(
    join(logs, 'b.json'),
    JSON.stringify({ ...header, samples: [await sample(), await sample({ id: 3, epoch: 1 })] }),
  )
  await writeText(join(logs, 'other.json'), '{"version":1,"notes":[]}')
  for (const _ of [1, 2]) expect((await imported(logs, join(folder, 'b'))).searches).toHaveLength(2)
  expect(await findLogs(logs)).toHaveLength(1)
})

test.each([
  ['a limit', { limit: { type: 'token', limit: 100 }, messages: [] }, { end: 'over-context' }],
  ['an error', { error: { message: 'the server is gone' }, scores: {} }, { end: 'answered' }],
  [
    'an error before the first reply',
    { error: { message: 'the server is gone' }, messages: [], scores: {} },
    { end: 'failed', failure: { message: 'the server is gone' } },
  ],
  ['part of a point', { scores: { match: { value: 'P' } } }, { verdict: { kind: 'correct', score: 0.5 } }],
  ['a score of a scale', { scores: { match: { value: 7 } } }, { verdict: { kind: 'unjudged' } }],
  [
    'an answer by a tool',
    {
      messages: [
        { role: 'user', content: 'Which?' },
        { role: 'assistant', content: '', tool_calls: [{ id: 'c', function: 'submit', arguments: { answer: '7' } }] },
      ],
    },
    { end: 'answered', answer: '7', imported: { notes: [expect.stringContaining('no picture')] } },
  ],
])('%s', async (name, changes, expected) => {
  const path = join(folder, `${name}.eval`)
  await writeEval(path, { 'header.json': header, 'samples/x_epoch_1.json': await sample(changes) })
  const { searches } = await imported(path, join(folder, name))
  expect(searches).toMatchObject([expected])
})

test('pictures and samples that cannot be read are told, and the other samples open', async () => {
  const path = join(folder, 'broken.eval')
  await writeEval(path, {
    'header.json': header,
    'samples/1.json': '{"id":',
    'samples/2.json': { id: 'no messages', messages: [3] },
    'samples/3.json': await sample({ attachments: { aa: 'data:image/png;base64,AAAA', cc: 'Which digit?' } }),
  })
  const { result, searches } = await imported(path, join(folder, 'broken'))
  expect(result).toMatchObject({ searches: 1, unread: 2, noPicture: 1 })
  expect(result.examples[0]).toContain('samples/1.json')
  expect(searches[0]?.imported?.notes?.join()).toMatch(
    /A picture cannot be shown.*cannot be read|A picture cannot be shown/,
  )
})

test.each([
  ['a time without an end', { total_time: 1e308 }, 'ms: '],
  ['half an epoch', { epoch: 2.5 }, 'sampleIndex: '],
])('a sample with %s is told, and the other samples open', async (name, changes, why) => {
  const path = join(folder, `${name}.eval`)
  const samples = { 'samples/1.json': await sample(changes), 'samples/2.json': await sample({ id: 'good' }) }
  await writeEval(path, { 'header.json': header, ...samples })
  const { result, searches } = await imported(path, join(folder, name))
  expect(result).toMatchObject({ searches: 1, unread: 1, examples: [expect.stringContaining(why)] })
  expect(searches[0]?.problem.docId).toBe('good')
})

test('a picture that cannot be stored ends the import, so that a repeat stores it', async () => {
  const path = join(folder, 'full.eval')
  await writeEval(path, { 'header.json': header, 'samples/1.json': await sample() })
  const run = await openRun(join(folder, 'full'), { command: 'import' })
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
  const options = { signal: new AbortController().signal, onSample: () => {} }
  const open = async () => (await findLogs(path))[0]!.open()
  const keepImage = () => Promise.reject(full)
  await expect(importLog(await open(), { ...run, keepImage }, options)).rejects.toBe(full)
  expect(await importLog(await open(), run, options)).toMatchObject({ searches: 1, unread: 0, noPicture: 0 })
  await run.close()
})

test('names that every object has are no roles and no grades', async () => {
  const path = join(folder, 'inherited.json')
  const messages = [
    { role: 'user', content: 'Which?' },
    { role: 'constructor', content: 'A.' },
    { role: 'assistant', content: 'It is <answer>7</answer>' },
  ]
  const log = { ...header, samples: [await sample({ messages, scores: { match: { value: 'toString' } } })] }
  await writeText(path, `\uFEFF${JSON.stringify(log)}`)
  const { searches } = await imported(path, join(folder, 'inherited'))
  expect(searches).toMatchObject([{ verdict: { kind: 'unjudged' }, imported: { before: 'user: Which?' } }])
})

test.each([
  ['cut.eval', 'PK\u0003\u0004 and no more'],
  ['empty.eval', ''],
  ['text.json', '{"version":2,"eval":'],
])('%s is refused with what is wrong', async (name, text) => {
  await writeFile(join(folder, name), text)
  const open = async (): Promise<unknown> => (await findLogs(join(folder, name)))[0]?.open()
  await expect(open()).rejects.toMatchObject({ code: 'log-unreadable', exitCode: 2 })
})
