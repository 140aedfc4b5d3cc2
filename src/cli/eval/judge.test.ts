/** `mini-o3 judge` on runs of the real loop, with a judge behind a real server. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../../test/run-command.ts'
import type { Said } from '../../../test/run-command.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import { evaluate } from '../../evaluate/evaluate.ts'
import { judgeExact } from '../../judge/exact.ts'
import type { Policy } from '../../policy/policy.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { makeScene } from '../../probe/scene.ts'
import { profiles } from '../../protocol/profile.ts'
import { openRun } from '../../runs/run-folder.ts'
import { addJudge } from './judge.ts'

/** By question: what the policy answers (null: it never does), and what the LLM judge says; the reference is "white". */
const answers: Readonly<Record<string, readonly [string | null, string]>> = {
  q1: ['white', 'Score: 1'],
  q2: ['It is white', 'Score: 1'],
  q3: ['black', 'Score: 0'],
  q4: [null, ''],
  q5: ['whitish', 'No idea.'],
}

let folder: string
let server: ScriptedEndpoint
/** What the judge says to q5. */
let unsure = 'No idea.'

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'judge-'))
  unsure = 'No idea.'
  server = await startScriptedEndpoint({
    models: [{ id: 'tester' }],
    apiKey: 'sk-secret-1',
    script({ messages }) {
      const question = Object.keys(answers).find((name) => messages[1]!.text.includes(`${name}?`))!
      return question === 'q5' ? unsure : answers[question]![1]
    },
  })
  process.env.JUDGE_TEST_KEY = 'sk-secret-1'
})
afterEach(async () => {
  vi.restoreAllMocks()
  await server.close()
  await rm(folder, { recursive: true })
})

const policy: Policy = {
  name: 'scripted',
  open: ({ question }) => ({
    async take() {
      const answer = answers[question.slice(0, -1)]![0]
      const text = answer === null ? '<think>Hm.</think>' : `<think>Hm.</think><answer>${answer}</answer>`
      return { text, finish: 'stop', usage: { promptTokens: 1, imageTokens: 1, replyTokens: 1 } }
    },
    close() {},
  }),
}

/** An evaluation under the exact judge: of q1 to q5, only q1 is right. */
async function evaluated(samples = 1): Promise<string> {
  const path = join(folder, 'eval')
  const picture = scenePicture(makeScene(1, 'easy'), 512)
  const problems = Object.keys(answers).map((name) => ({
    problem: { docId: name, dataSource: 'test', question: `${name}?`, answer: 'white' },
    openPicture: async () => picture,
  }))
  const run = await openRun(path, { command: 'eval', judge: { name: 'exact' } })
  const sizes = { samples, maxTurns: 4, seed: 1, concurrency: 2 }
  await evaluate({ problems, policy, judge: judgeExact, profile: profiles.default, run, ...sizes })
  await run.close()
  return path
}

const judge = (...options: readonly string[]): Promise<Said> => runCommand([addJudge], 'judge', ...options)

/** What the run folder of the verdicts says of how its last command ended. */
async function howEnded(): Promise<string> {
  const { ended } = JSON.parse(await readFile(join(folder, 'again', 'progress.json'), 'utf8')) as Ended
  return ended.how
}

interface Ended {
  readonly ended: { readonly how: string }
}

const byModel = (): string[] => [
  '--judge',
  'llm:tester',
  '--judge-base-url',
  server.baseUrl,
  '--judge-api-key-env',
  'JUDGE_TEST_KEY',
  '--run',
  join(folder, 'again'),
]

test('prints scores under both judges, their agreement and where they differ; a resume asks only what is owed', async () => {
  const path = await evaluated()
  const stored = await readFile(join(path, 'trajectories.jsonl'), 'utf8')
  const first = await judge(path, ...byModel(), '--json')
  expect(first.code).toBe(1)
  expect(first.stderr).toContain('The judge failed for 1')
  expect(JSON.parse(first.stdout)).toMatchObject({
    searches: 5,
    failed: 0,
    withoutAnswer: 1,
    unjudged: 1,
    before: { judge: { name: 'exact' }, avgAtK: 0.2 },
    after: {
      judge: { name: 'llm:tester', parser: 'lenient', cost: { verdicts: 4, cached: 0, requests: 8 } },
      avgAtK: 0.4,
    },
    compared: 3,
    agreement: 2 / 3,
    table: { correct: { correct: 1 }, wrong: { correct: 1, wrong: 1, unjudged: 1 } },
    disagreements: 1,
    examples: [
      { docId: 'q2', reference: 'white', answer: 'It is white', before: { kind: 'wrong' }, after: { kind: 'correct' } },
    ],
  })
  const asked = server.requests.length
  expect(asked).toBe(8)
  expect(await howEnded()).toBe('incomplete')

  unsure = 'Score: 0'
  const second = await judge(path, ...byModel())
  expect(second.code).toBe(0)
  expect(server.requests).toHaveLength(asked + 1)
  expect(second.stdout).toContain('They agree on 75.0 % of 4 answers')
  expect(await howEnded()).toBe('complete')
  expect(second.stdout).toContain('It is white')

  const third = await judge(path, ...byModel(), '--json')
  expect(server.requests).toHaveLength(asked + 1)
  expect(JSON.parse(third.stdout)).toMatchObject({ unjudged: 0, compared: 4, agreement: 0.75, kappa: 0.5 })
  expect(await readFile(join(path, 'trajectories.jsonl'), 'utf8')).toBe(stored)
  for (const file of ['config.json', 'trajectories.jsonl', 'judgements.jsonl']) {
    expect(await readFile(join(folder, 'again', file), 'utf8')).not.toContain('sk-secret-1')
  }

  // What was judged again is a run that can be judged again.
  const back = await judge(join(folder, 'again'), '--judge', 'exact', '--run', join(folder, 'back'), '--json')
  expect(JSON.parse(back.stdout)).toMatchObject({
    before: { judge: { name: 'llm:tester' }, avgAtK: 0.4 },
    after: { avgAtK: 0.2 },
  })
})

test('an address that needs https is answered with the option of the judge', async () => {
  const web = createServer((_, response) => {
    response.writeHead(400).end('The plain HTTP request was sent to HTTPS port')
  }).listen(0, '127.0.0.1')
  await once(web, 'listening')
  const baseUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/v1`
  const judged = judge(await evaluated(), '--judge', 'llm:tester', '--judge-base-url', baseUrl)
  await expect(judged).rejects.toThrow(`use --judge-base-url ${baseUrl.replace('http:', 'https:')}`)
  web.closeAllConnections()
  web.close()
})

test('wrong options are named before anything is written', async () => {
  const path = await evaluated()
  const again = ['--run', join(folder, 'again')]
  const fails = async (options: readonly string[], message: string): Promise<void> => {
    await expect(judge(...options)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) })
  }
  await fails([folder, '--judge', 'exact', ...again], 'holds a run. Name it: ')
  await fails([path, '--judge', 'nobody', ...again], 'not one of exact, choice, can-infer, mme-letter, ')
  await fails([path, '--judge', 'choice', ...again], 'no choices')
  await fails([path, '--judge', 'llm:tester', ...again], 'needs --judge-base-url')
  await fails([path, '--judge', 'llm:', '--judge-base-url', server.baseUrl, ...again], 'names no model')
  await fails([path, '--judge', 'exact', '--judge-base-url', server.baseUrl, ...again], 'leave it out')
  await fails([path, '--judge', 'exact', '--judge-prompts', 'p.py', ...again], 'leave it out')
  await fails([path, ...byModel(), '--judge-prompts', 'no-such.py'], 'no-such.py cannot be read')
  await fails([path, '--judge', 'llm:tester', '--judge-base-url', server.baseUrl, ...again], '--judge-api-key-env')
  await fails([path, ...byModel().map((word) => word.replace('llm:tester', 'llm:other'))], 'Its only model: tester')
  await expect(readFile(join(folder, 'again', 'config.json'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('it stops where one judgement after the other fails, keeps the verdicts, and goes on when asked to', async () => {
  const path = await evaluated(30)
  unsure = 'No idea.'
  const llm = ['--judge', 'llm:tester', '--judge-base-url', server.baseUrl, '--judge-api-key-env', 'JUDGE_TEST_KEY']
  const again = (...words: readonly string[]) => judge(path, ...llm, '--run', join(folder, 'again'), ...words)
  const stopped = await again('--concurrency', '1')
  expect(stopped.code).toBe(1)
  expect(stopped.stderr).toContain('Stopped: 20 searches in a row failed alike')
  expect(stopped.stderr).toMatch(/^ {2}20 x unjudged: tester gave no score .* \[such as test\/q5, sample \d+\]$/m)
  expect(stopped.stderr).toContain('To fix it: check the server and the model of the judge.')
  const whole = await again('--keep-going', '--json')
  expect(whole.code).toBe(1)
  expect(JSON.parse(whole.stdout)).toMatchObject({ unjudged: 30 })
  unsure = 'Score: 0'
  expect((await again()).code).toBe(0)
})
