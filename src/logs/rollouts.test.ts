/** Logs as lines of JSON: verifiers, DeepEyes' evaluation, dumps of verl. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cropJpeg, embedded, imported, jsonLines, scenePng, sceneSize, writeText } from '../../test/foreign-logs.ts'
import { findLogs } from './find-logs.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-rollouts-'))
})
afterAll(() => rm(folder, { recursive: true }))

const box = [200, 150, 400, 300] as const
const image = (bytes: Buffer) => ({ type: 'image_url', image_url: { url: embedded(bytes) } })

test('results of verifiers: calls as texts of JSON, in thousandths, with rewards, tokens and a threshold', async () => {
  const run = join(folder, 'zoom--qwen', '1a2b')
  const rollout = {
    example_id: 4,
    prompt: [
      { role: 'system', content: 'Use zoom.' },
      { role: 'user', content: [image(await scenePng()), { type: 'text', text: 'Which digit?' }] },
    ],
    completion: [
      {
        role: 'assistant',
        content: 'Closer.',
        reasoning_content: 'Small.',
        tool_calls: [
          JSON.stringify({ id: 'c1', name: 'zoom', arguments: JSON.stringify({ bbox: [250, 250, 500, 500] }) }),
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'crop' }, image(await cropJpeg(box))] },
      { role: 'assistant', content: 'It is <answer>7</answer>' },
    ],
    answer: '7',
    reward: 0.7,
    timing: { generation_ms: 2000, scoring_ms: 1, total_ms: 2500 },
    is_completed: true,
    is_truncated: false,
    metrics: { exact: 1, format: 0.4 },
    exact: 1,
    format: 0.4,
    info: { split: 'test' },
  }
  await writeText(
    join(run, 'metadata.json'),
    JSON.stringify({ env_id: 'zoom', model: 'qwen', pass_threshold: 0.6, rollouts_per_example: 2 }),
  )
  const failed = {
    ...rollout,
    completion: null,
    reward: 0,
    error: { error: 'ModelError', error_chain_str: 'no server' },
  }
  await writeText(join(run, 'results.jsonl'), `${jsonLines(rollout, failed)}{"example_id":`)
  const { result, searches } = await imported(run, join(folder, 'verifiers'))
  expect(result).toMatchObject({ searches: 2, unread: 1, boxes: { thousand: 1 } })
  expect(searches).toMatchObject([
    {
      problem: { docId: '4', dataSource: 'zoom', question: 'Which digit?', answer: '7' },
      policy: 'qwen',
      sampleIndex: 0,
      answer: '7',
      ms: 2500,
      verdict: { kind: 'correct' },
      reward: { total: 0.7, parts: { exact: 1, format: 0.4 } },
      turns: [
        { action: { boxRel: [0.25, 0.25, 0.5, 0.5] }, observation: 1, returned: 'crop' },
        { action: { kind: 'answer' } },
      ],
      observations: [{}, { boxInOriginalPx: box }],
    },
    { sampleIndex: 1, end: 'failed', failure: { message: 'no server' }, verdict: { kind: 'wrong' } },
  ])
})

test('traces of verifiers 1: the longest path of the graph, the time and tokens of its calls', async () => {
  const path = join(folder, 'zoom--qwen3--default', 'traces.jsonl')
  const node = (parent: number | null, role: string, content: unknown, more: object = {}) => ({
    ...(parent !== null && { parent }),
    message: { role, content, ...more },
    sampled: role === 'assistant',
  })
  const call = { id: 'c1', name: 'crop', arguments: JSON.stringify({ x1: 0.25, y1: 0.25, x2: 0.5, y2: 0.5, image: 0 }) }
  const trace = {
    version: 1,
    task: { type: 'Zoom', data: { idx: 3, prompt: 'Which digit?', answer: '7' }, key: 'zoom-3' },
    nodes: [
      node(null, 'user', [image(await scenePng()), { type: 'text', text: 'Which digit?' }]),
      node(0, 'assistant', null, { tool_calls: [call] }),
      node(0, 'assistant', 'A branch.'),
      { ...node(1, 'tool', [image(await cropJpeg(box))], { tool_call_id: 'c1' }), sampled: false },
      node(3, 'assistant', '7'),
    ],
    calls: [
      {
        node: 1,
        usage: { prompt_tokens: 10, completion_tokens: 2, cached_input_tokens: 30 },
        time: { start: 100, end: 101.5 },
      },
    ],
    rewards: { exact: { score: 1, weight: 1 }, length: { score: -0.2, weight: 0.5 } },
    ok: true,
    errors: [],
    timing: { agent: { start: 100, end: 104 } },
  }
  const lost = {
    id: 'e2',
    env: { id: 'zoom' },
    task: { type: 'Zoom', data: { idx: 9 } },
    ok: false,
    errors: [{ type: 'SandboxError', message: 'no box' }],
    traces: [],
  }
  await writeText(
    path,
    jsonLines({ id: 'e1', env: { id: 'zoom' }, task: trace.task, ok: true, errors: [], traces: [trace] }, lost),
  )
  const { searches } = await imported(path, join(folder, 'traces'))
  expect(searches).toMatchObject([
    {
      problem: { docId: 'zoom-3', question: 'Which digit?', answer: '7' },
      policy: 'qwen3',
      reward: { total: 0.9 },
      ms: 4000,
      turns: [
        { observation: 1, usage: { promptTokens: 40, cachedTokens: 30, replyTokens: 2 }, ms: 1500 },
        { action: { kind: 'answer', text: '7' } },
      ],
      observations: [{}, { boxInOriginalPx: box }],
      imported: { facts: expect.stringContaining('1 messages of other branches') as string },
    },
    { problem: { docId: '9' }, end: 'failed', failure: { message: 'no box' } },
  ])
})

const place = { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,' } }

function deepEyes(name: string, changes: object = {}): object {
  return {
    image: name,
    question: 'What is the colour of the flag?',
    answer: 'red',
    pred_ans: 'A. red',
    pred_output: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: [place, { type: 'text', text: 'Question: What is the colour of the flag?' }] },
      {
        role: 'assistant',
        content:
          '<think>I have to look closer.</think>\n<tool_call>\n{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": [200, 150, 400, 300], "label": "flag"}}\n</tool_call>',
      },
      { role: 'user', content: [place, { type: 'text', text: '\nThink first.' }] },
      { role: 'assistant', content: '<think>Red.</think><answer>A. red</answer>' },
    ],
    status: 'success',
    ...changes,
  }
}

test("results of DeepEyes' evaluation: pictures from a folder, boxes in pixels, the judge's score", async () => {
  const path = join(folder, 'result_direct_attributes_deepeyes-7b_acc.jsonl')
  await writeText(path, jsonLines(deepEyes('sa_1.png', { acc: 1 }), deepEyes('sa_2.png', { acc: 0 })))
  await writeText(join(folder, 'vstar', 'direct_attributes', 'sa_1.json'), '{}')
  await writeFile(join(folder, 'vstar', 'direct_attributes', 'sa_1.png'), await scenePng())
  const { result, searches } = await imported(path, join(folder, 'deepeyes'), join(folder, 'vstar'))
  expect(result).toMatchObject({ searches: 2, noPicture: 1, boxes: { assumed: 2 } })
  expect(searches).toMatchObject([
    {
      problem: {
        docId: 'sa_1.png',
        dataSource: 'direct_attributes',
        question: 'What is the colour of the flag?',
        answer: 'red',
      },
      policy: 'deepeyes-7b',
      picture: sceneSize,
      answer: 'A. red',
      verdict: { kind: 'correct', reason: 'acc: 1' },
      turns: [
        {
          thought: 'I have to look closer.',
          action: { kind: 'grounding' },
          observation: 1,
          returned: '\nThink first.',
        },
        { thought: 'Red.', action: { kind: 'answer', text: 'A. red' } },
      ],
      observations: [{}, { boxInOriginalPx: box }],
    },
    {
      verdict: { kind: 'wrong' },
      imported: { notes: [expect.stringContaining('sa_2.png'), expect.stringContaining('an empty one')] },
    },
  ])
})

test("DeepEyes' evaluation with several questions about a picture, and one of them twice", async () => {
  const path = join(folder, 'result_several_deepeyes-7b.jsonl')
  const asked = (question: string) => deepEyes('sa_1.png', { question })
  await writeText(path, jsonLines(asked('What?'), asked('Where?'), asked('What?')))
  const { searches } = await imported(path, join(folder, 'several'))
  expect(searches.map(({ problem, sampleIndex }) => [problem.docId, problem.question, sampleIndex])).toEqual([
    ['sa_1.png', 'What?', 0],
    ['sa_1.png, question 2', 'Where?', 0],
    ['sa_1.png', 'What?', 1],
  ])
})

test.each([
  ['without the tokens that open messages', (role: string, text: string) => `${role}\n${text}\n`],
  ['with them', (role: string, text: string) => `<|im_start|>${role}\n${text}<|im_end|>\n`],
])('rollouts dumped by verl, %s', async (name, said) => {
  const input =
    said('system', 'You are a helpful assistant.') +
    said('user', '<|vision_start|><|image_pad|><|vision_end|>Which digit?')
  const zoom = '<tool_call>{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": [10, 20, 30, 40]}}</tool_call>'
  const output = `<think>Look.</think>${zoom}\n${said('user', '<tool_response>Think.</tool_response>')}${said('assistant', '<think>7</think><answer>7</answer>')}`
  const line = (step: number, score: number) => ({ input, output, gts: '7', score, step, format: 1, request_id: 'r' })
  const dumps = join(folder, `verl ${name}`)
  await writeText(join(dumps, '10.jsonl'), jsonLines(line(10, 0.2), line(10, 2.2)))
  await writeText(join(dumps, '9.jsonl'), jsonLines(line(9, -1)))
  expect(await findLogs(dumps)).toHaveLength(1)
  const { searches } = await imported(dumps, join(folder, `run of ${name}`))
  expect(
    searches.map(({ problem, sampleIndex, verdict }) => [problem.docId.split(',')[0], sampleIndex, verdict?.kind]),
  ).toEqual([
    ['step 9', 0, 'wrong'],
    ['step 10', 0, 'wrong'],
    ['step 10', 1, 'correct'],
  ])
  expect(searches[0]).toMatchObject({
    problem: { question: 'Which digit?', answer: '7' },
    reward: { total: -1, parts: { format: 1 } },
    answer: '7',
    turns: [
      { thought: 'Look.', action: { kind: 'grounding' }, returned: expect.stringContaining('Think.') as string },
      { thought: '7' },
    ],
  })
})

test('a tool that brings back another picture, and a conversation without any', async () => {
  const other = await cropJpeg([0, 0, 40, 30], 64)
  const rows = [
    {
      example_id: 0,
      prompt: [{ role: 'user', content: [image(await scenePng()), { type: 'text', text: 'Draw.' }] }],
      completion: [
        {
          role: 'assistant',
          content: 'I plot.',
          tool_calls: [{ id: 'p', type: 'function', function: { name: 'plot', arguments: '{"code": "x"}' } }],
        },
        { role: 'tool', tool_call_id: 'p', content: [image(other)] },
        { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] },
        { role: 'assistant', content: 'Done.' },
      ],
      reward: 1,
    },
    { example_id: 1, prompt: '2 + 2?', completion: '4', reward: 1 },
  ]
  const path = join(folder, 'plot', 'results.jsonl')
  await writeText(path, jsonLines(...rows))
  const { searches } = await imported(path, join(folder, 'plot-run'))
  expect(searches).toMatchObject([
    {
      observations: [{ parent: null }, { parent: null }],
      turns: [
        { observation: 1, returned: expect.stringContaining('[input_audio, as it is in the log') as string },
        { action: { text: 'Done.' } },
      ],
    },
    { problem: { question: '2 + 2?' }, answer: '4', observations: [{ index: 0 }] },
  ])
  expect(searches[0]?.turns[0]).not.toHaveProperty('action')
})
