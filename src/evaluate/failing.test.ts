/** Evaluations whose searches fail alike: when they stop, what is kept, and what a resume still owes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judgeExact } from '../judge/exact.ts'
import type { Judge } from '../judge/judge.ts'
import type { Policy } from '../policy/policy.ts'
import { profiles } from '../protocol/profile.ts'
import { openRun } from '../runs/run-folder.ts'
import { searchLog } from '../runs/searches.ts'
import type { WantedProblem } from '../search/owed-samples.ts'
import { TransportError } from '../shared/errors.ts'
import type { Picture } from '../vision/picture.ts'
import { evaluate } from './evaluate.ts'
import type { EvalProgress, EvaluateOptions } from './evaluate.ts'

const picture: Picture = {
  width: 400,
  height: 300,
  sha256: '0'.repeat(64),
  region: async (_, size) => ({ ...size, data: new Uint8Array(size.width * size.height * 3) }),
}
const problems = Array.from({ length: 100 }, (_, n): WantedProblem => {
  return {
    problem: { docId: String(n), dataSource: 'set', question: '?', answer: 'red' },
    openPicture: async () => picture,
  }
})

/** Answers the problems for which `faultOf` has no error. */
function policyOf(faultOf: (n: number) => Error | undefined): Policy & { asked: string[] } {
  const asked: string[] = []
  const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
  return {
    name: 'scripted',
    asked,
    open({ docId }) {
      asked.push(docId)
      return {
        async take() {
          const fault = faultOf(Number(docId))
          if (fault !== undefined) throw fault
          return { text: '<answer>red</answer>', finish: 'stop', usage }
        },
        close() {},
      }
    },
  }
}

const unreachable = (): Error => new TransportError('endpoint-unreachable', 'No connection: ECONNREFUSED.')
const failed = (): Error => new TransportError('endpoint-failed', 'http://x failed (status 500).')
const refused = (): Error => new TransportError('request-refused', 'http://x refused the request (status 400).')
const withheld = (): Error => new TransportError('content-filter', 'The server withheld the reply.')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failing-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Runs the evaluation in `folder` once, or again. */
async function run(policy: Policy & { asked: string[] }, change: Partial<EvaluateOptions> = {}) {
  const run = await openRun(join(folder, 'run'), { samples: 1 })
  const seen: EvalProgress[] = []
  const options = { problems, policy, judge: judgeExact, samples: 1, maxTurns: 4, seed: 0, concurrency: 1, run }
  const before = policy.asked.length
  try {
    const onProgress = (progress: EvalProgress) => seen.push(progress)
    const report = await evaluate({ profile: profiles.default, ...options, onProgress, ...change }).catch(
      (error: unknown) => error,
    )
    const stored: string[] = []
    for await (const { problem } of run.read(searchLog)) stored.push(problem.docId)
    return { report, last: seen.at(-1)!, asked: policy.asked.slice(before), stored }
  } finally {
    await run.close()
  }
}

test('it stops after 20 that fail alike, keeps those in flight, and a resume asks for what is owed', async () => {
  const server = { down: true }
  const policy = policyOf(() => (server.down ? unreachable() : undefined))
  const first = await run(policy, { concurrency: 32 })
  expect(first.report).toMatchObject({ code: 'failing-alike', exitCode: 1, reason: { code: 'endpoint-unreachable' } })
  // Places of finished searches were taken by others, until the 20th was counted.
  expect(first.asked.length).toBeGreaterThanOrEqual(32)
  expect(first.asked.length).toBeLessThan(32 + 20)
  expect(first.stored.toSorted()).toEqual(first.asked.toSorted())
  expect(first.last).toMatchObject({ done: first.asked.length, failed: first.asked.length })

  const again = await run(policy)
  expect(again.report).toMatchObject({ code: 'failing-alike' })
  expect(again.asked).toHaveLength(20)

  server.down = false
  const mended = await run(policy)
  expect(mended.asked).toHaveLength(100)
  expect(mended.report).toMatchObject({ summary: { avgAtK: 1 }, reasons: [] })
})

test('a server that breaks in the middle stops it; what had a result is not searched again', async () => {
  const server = { down: true }
  const policy = policyOf((n) => (server.down && n >= 30 ? failed() : undefined))
  const first = await run(policy)
  expect(first.report).toMatchObject({ code: 'failing-alike' })
  expect(first.last).toMatchObject({ done: 50, correct: 30, failed: 20 })
  server.down = false
  const mended = await run(policy)
  expect(mended.asked).toHaveLength(70)
  expect(mended.report).toMatchObject({ summary: { avgAtK: 1 } })
})

test.each([
  ['every 20th search is answered', (n: number) => (n % 20 === 0 ? undefined : unreachable())],
  ['the reasons differ', (n: number) => (n % 2 === 0 ? unreachable() : failed())],
])('it goes on where %s', async (_, faultOf) => {
  const { report, asked } = await run(policyOf(faultOf))
  expect(asked).toHaveLength(100)
  expect(report).toHaveProperty('summary')
})

test('keepGoing searches all, and tells the reasons', async () => {
  const { report, asked } = await run(policyOf(unreachable), { keepGoing: true })
  expect(asked).toHaveLength(100)
  expect(report).toMatchObject({ reasons: [{ code: 'endpoint-unreachable', count: 100 }] })
})

test.each([
  ['filtered', withheld, [0]],
  // The first 20 were refused twice by then.
  ['refused', refused, [40, 0]],
])('%s searches are given up where others are answered', async (_, fault, repeats) => {
  const policy = policyOf((n) => (n < 60 ? fault() : undefined))
  // At first nobody can know.
  expect((await run(policy)).report).toMatchObject({ code: 'failing-alike' })
  expect((await run(policy, { keepGoing: true })).asked).toHaveLength(100)
  for (const owed of repeats) expect((await run(policy)).asked).toHaveLength(owed)
  const { last } = await run(policy)
  expect(last).toMatchObject({ done: 100, refused: 60, failed: 0 })
  const mended = policyOf(() => undefined)
  expect((await run(mended, { retryRefused: true })).asked).toHaveLength(60)
})

test('a resume that is refused from its first search on stops, and gives nothing up at once', async () => {
  await run(
    policyOf(() => undefined),
    { problems: problems.slice(0, 10) },
  )
  const first = await run(policyOf(refused))
  expect(first.report).toMatchObject({ code: 'failing-alike' })
  expect(first.asked).toHaveLength(20)
  const mended = await run(policyOf(() => undefined))
  expect(mended.asked).toHaveLength(90)
  expect(mended.report).toMatchObject({ summary: { avgAtK: 1 } })
})

test('a judge that fails stops it: the searches are kept, and are judged on a resume without searching', async () => {
  const judge: Judge = () => ({ kind: 'unjudged', reason: 'the request to m failed: No connection.' })
  const policy = policyOf(() => undefined)
  const first = await run(policy, { judge, concurrency: 8 })
  expect(first.report).toMatchObject({ code: 'failing-alike', reason: { kind: 'unjudged' } })
  expect(first.last).toMatchObject({ correct: 0, unjudged: first.asked.length })

  // Still down: none of the waiting ones is searched, nor are others.
  const again = await run(policy, { judge })
  expect(again.report).toMatchObject({ code: 'failing-alike' })
  expect(again.asked).toEqual([])
  expect(again.stored).toEqual(first.stored)

  const mended = await run(policy)
  expect(mended.asked).toHaveLength(100 - first.asked.length)
  expect(mended.report).toMatchObject({ summary: { avgAtK: 1 } })
})
