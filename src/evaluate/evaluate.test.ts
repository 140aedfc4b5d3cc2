/** Evaluations with the real loop on real scenes: what is stored, what a resume does, and what failures do to a score. */
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judgeExact } from '../judge/exact.ts'
import type { Judge } from '../judge/judge.ts'
import type { Policy } from '../policy/policy.ts'
import { teacherPolicy } from '../policy/teacher/teacher.ts'
import { makeProblem } from '../probe/problem.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { makeScene } from '../probe/scene.ts'
import type { Level } from '../protocol/problem.ts'
import { profiles } from '../protocol/profile.ts'
import { ContextLengthError, TransportError, UserError, errorCodeOf } from '../shared/errors.ts'
import { openRun } from '../runs/run-folder.ts'
import { evaluate } from './evaluate.ts'
import { rulesOf } from './document/result-tables.ts'
import { readEvalRun } from './read-run.ts'
import type { WantedProblem } from '../search/owed-samples.ts'
import type { EvalProgress, EvaluateOptions } from './evaluate.ts'
import type { EvalReport } from './figures/report.ts'

const scenes = (['easy', 'medium', 'hard'] as Level[]).flatMap((level) => [1, 2].map((seed) => makeScene(seed, level)))
const problems: WantedProblem[] = scenes.map((scene) => ({
  problem: makeProblem(scene),
  openPicture: async () => scenePicture(scene, 2048),
}))
const sceneOf = new Map(scenes.map((scene) => [makeProblem(scene).docId, scene]))
const teacher = teacherPolicy({ sceneOf: ({ docId }) => sceneOf.get(docId)! })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evaluate-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Runs an evaluation in `folder` under a name, and says how many searches it started. */
async function run(name: string, change: Partial<EvaluateOptions> = {}): Promise<EvalReport & { searches: number }> {
  const options = {
    problems,
    policy: teacher,
    judge: judgeExact,
    samples: 2,
    maxTurns: 24,
    seed: 7,
    concurrency: 3,
    ...change,
  }
  let searches = 0
  const policy: Policy = {
    name: options.policy.name,
    open: (problem, given) => {
      searches++
      return options.policy.open(problem, given)
    },
  }
  const { samples, maxTurns, seed } = options
  const runFolder = await openRun(join(folder, name), { samples, maxTurns, seed })
  try {
    const report = await evaluate({ profile: profiles.embedded, ...options, policy, run: runFolder })
    return { ...report, searches }
  } finally {
    await runFolder.close()
  }
}

const lines = async (name: string): Promise<string[]> =>
  (await readFile(join(folder, name, 'trajectories.jsonl'), 'utf8')).trimEnd().split('\n')

test('every search is stored once with its verdict, and a second run reads the same figures without searching', async () => {
  const seen: EvalProgress[] = []
  const first = await run('a', { onProgress: (progress) => seen.push(progress) })
  const stored = (await lines('a')).map((line) => JSON.parse(line))
  expect(new Set(stored.map(({ problem, sampleIndex }) => `${problem.docId} ${sampleIndex}`)).size).toBe(12)
  const right = stored.filter(({ verdict }) => verdict.kind === 'correct').length
  expect(right).toBeGreaterThan(6)
  expect(first.summary).toMatchObject({ problems: 6, samples: 2, run: join(folder, 'a') })
  expect(first.summary.avgAtK).toBeCloseTo(right / 12)
  expect(Object.keys(first.summary.byLevel)).toEqual(['easy', 'medium', 'hard'])
  expect(first.causes[0]).toMatchObject({ slice: 'all', searches: 12, correct: right })
  expect(seen[0]).toMatchObject({ done: 0, total: 12, correct: 0, failed: 0, unjudged: 0 })
  expect(seen.at(-1)).toMatchObject({ done: 12, total: 12, correct: right, failed: 0, unjudged: 0 })
  expect(seen.at(-1)!.spent).toEqual(first.spent)
  expect(first.spent.written).toBe(stored.reduce((sum, { usage }) => sum + usage.replyTokens, 0))

  const { searches, ...second } = await run('a')
  expect(searches).toBe(0)
  const { searches: _, ...figures } = first
  expect(second).toEqual(figures)

  const {
    problemNames,
    outcomesByProblem,
    problems: scored,
    config,
    name: _name,
    ...readBack
  } = await readEvalRun(join(folder, 'a'))
  expect(readBack).toEqual(second)
  expect(scored.map(({ name }) => name).toSorted()).toEqual(problemNames)
  expect(config).toMatchObject({ samples: 2, maxTurns: 24, seed: 7 })
  expect(problemNames).toHaveLength(6)
  expect(outcomesByProblem.flat()).toHaveLength(12)
})

test('an evaluation is read back only when it is one, and finished', async () => {
  await expect(readEvalRun(join(folder, 'none'))).rejects.toMatchObject({ code: 'run-not-found', exitCode: 2 })
  await (await openRun(join(folder, 'sft'), { command: 'sft' })).close()
  await expect(readEvalRun(join(folder, 'sft'))).rejects.toThrow('is a run of sft')
  await run('a', { problems: problems.slice(0, 2) })
  const path = join(folder, 'a', 'trajectories.jsonl')
  await writeFile(path, (await lines('a')).slice(1).join('\n') + '\n')
  await expect(readEvalRun(join(folder, 'a'))).rejects.toMatchObject({ code: 'eval-unfinished', exitCode: 2 })
  await writeFile(path, '')
  await expect(readEvalRun(join(folder, 'a'))).rejects.toThrow('has no searches')
})

test('stopped and resumed, torn line and all, gives the figures of an unbroken run', async () => {
  const { summary } = await run('whole', { concurrency: 1 })
  const stop = new AbortController()
  const stopped = run('parts', {
    stop: stop.signal,
    onProgress: ({ done }) => {
      if (done === 4) stop.abort()
    },
  })
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
  const kept = (await lines('parts')).length
  expect(kept).toBeGreaterThanOrEqual(4)
  expect(kept).toBeLessThan(12)
  await appendFile(join(folder, 'parts', 'trajectories.jsonl'), '{"version":1,"prob')

  const resumed = await run('parts')
  expect(resumed.searches).toBe(12 - kept)
  expect(resumed.summary).toEqual({ ...summary, run: join(folder, 'parts') })
})

test('a failed search counts as not right and is owed again', async () => {
  const unlucky = problems[0]!.problem.docId
  const breaking: Policy = {
    name: 'breaking',
    open: (problem, options) => {
      if (problem.docId !== unlucky) return teacher.open(problem, options)
      return {
        take: async () => {
          throw new TransportError('unreachable', 'The server is not there.')
        },
        close() {},
      }
    },
  }
  const whole = await run('whole')
  expect(whole.summary.byLevel.easy).toMatchObject({ avgAtK: 1 })
  const broken = await run('broken', { policy: breaking })
  expect(broken.summary.ends.failed).toBeCloseTo(2 / 12)
  expect(broken.summary.byLevel.easy).toMatchObject({ problems: 2, avgAtK: 0.5 })
  expect(broken.causes[1]!.byCause.failed).toBe(2)

  const mended = await run('broken')
  expect(mended.searches).toBe(2)
  expect(mended.summary).toEqual({ ...whole.summary, run: join(folder, 'broken') })
})

/** The teacher, whose server refuses the first problem so, and breaks on the others where `down`. */
function refusing(error: Error, state: { down: boolean }): Policy {
  return {
    name: 'refusing',
    open: (problem, options) => {
      const session = teacher.open(problem, options)
      if (problem.docId !== problems[0]!.problem.docId && !state.down) return session
      const take = async (): Promise<never> => {
        throw error
      }
      return { take, close: () => session.close() }
    },
  }
}

test.each([
  // Refused at once for good; refused for good when the second try is refused in the same words; never for good.
  [new ContextLengthError('It is too long.'), [0, 0, 0]],
  [new TransportError('content-filter', 'Filtered.'), [0, 0, 0]],
  [new TransportError('request-refused', 'Refused, request 7f3a.'), [2, 0, 0]],
  [new TransportError('connection-cut', 'Cut.'), [2, 2, 2]],
])('%s: what is searched again on three resumes', async (error, again) => {
  const state = { down: false }
  const policy = refusing(error, state)
  const seen: EvalProgress[] = []
  const first = await run('a', { policy })
  const searches: number[] = []
  for (const _ of again) {
    const report = await run('a', { policy, onProgress: (progress) => seen.push(progress) })
    searches.push(report.searches)
    // It stays in the denominator, and is told with its reason.
    expect(report.summary).toEqual(first.summary)
    expect(report.reasons).toMatchObject([{ code: errorCodeOf(error), message: error.message, count: 2 }])
  }
  expect(searches).toEqual(again)
  const forGood = again.at(-1) === 0
  expect(seen.at(-1)).toMatchObject({ done: 12, failed: forGood ? 0 : 2, refused: forGood ? 2 : 0 })
  if (forGood) expect((await readEvalRun(join(folder, 'a'))).summary).toEqual(first.summary)
  else await expect(readEvalRun(join(folder, 'a'))).rejects.toMatchObject({ code: 'eval-unfinished' })

  const mended = await run('a', { retryRefused: true })
  expect(mended.searches).toBe(2)
  expect(mended.summary.ends.failed).toBe(0)
})

test('a server that refused every search is asked again: it is what has to be mended', async () => {
  const policy = refusing(new ContextLengthError('It is too long.'), { down: true })
  const seen: EvalProgress[] = []
  await run('a', { policy })
  expect((await run('a', { policy, onProgress: (progress) => seen.push(progress) })).searches).toBe(12)
  expect(seen.at(-1)).toMatchObject({ failed: 12, refused: 0 })
  expect((await run('a')).summary.ends.failed).toBe(0)
})

test('an unjudged search counts as not right, and is judged again without searching', async () => {
  const whole = await run('whole')
  const hesitant: Judge = (problem, answer) =>
    problem.level === 'easy' ? { kind: 'unjudged', reason: 'nobody there' } : judgeExact(problem, answer)
  const seen: EvalProgress[] = []
  const half = await run('half', { judge: hesitant, onProgress: (progress) => seen.push(progress) })
  expect(seen.at(-1)).toMatchObject({ done: 12, total: 12, failed: 0, unjudged: 4 })
  expect(half.summary.byLevel.easy).toMatchObject({ avgAtK: 0 })
  expect(half.causes[1]!.byCause.unjudged).toBe(4)
  await expect(readEvalRun(join(folder, 'half'))).rejects.toMatchObject({ code: 'eval-unfinished' })
  await run('half', { judge: hesitant })
  expect(await lines('half')).toHaveLength(12)

  const judged = await run('half', { onProgress: (progress) => seen.push(progress) })
  expect(judged.searches).toBe(0)
  expect(seen.at(-1)).toMatchObject({ done: 12, unjudged: 0 })
  expect(judged.summary).toEqual({ ...whole.summary, run: join(folder, 'half') })
  expect(await lines('half')).toHaveLength(16)
  expect((await readEvalRun(join(folder, 'half'))).summary).toEqual(judged.summary)
})

test('what was searched is kept when the judge cannot go on', async () => {
  const locked: Judge = () => {
    throw new UserError('key-refused', 'The key is refused.')
  }
  await expect(run('a', { judge: locked })).rejects.toMatchObject({ code: 'key-refused' })
  const kept = (await lines('a')).length
  expect(kept).toBeGreaterThan(0)
  expect((await run('a')).searches).toBe(12 - kept)
})

test('wrong input is named before anything is searched or written', async () => {
  const [first] = problems as [WantedProblem]
  const { answer: _, ...mute } = first.problem
  await expect(run('x', { problems: [] })).rejects.toMatchObject({ code: 'no-problems', exitCode: 2 })
  await expect(run('x', { problems: [{ ...first, problem: mute }] })).rejects.toMatchObject({
    code: 'no-reference-answer',
  })
  await expect(run('x', { problems: [first, first] })).rejects.toMatchObject({ code: 'problem-twice' })
  await expect(lines('x')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('pictures that were exchanged between a run and its resume are noticed before anything is searched', async () => {
  await run('a', { samples: 1 })
  const [first, ...others] = problems as [WantedProblem, ...WantedProblem[]]
  const exchanged = { ...first, openPicture: others[0]!.openPicture }
  await expect(run('a', { samples: 1, problems: [exchanged, ...others] })).rejects.toMatchObject({
    code: 'picture-exchanged',
    message: expect.stringContaining(first.problem.docId),
  })
})

test.each(['{"version":2}', '{"half', '\0\0', 'null'])(
  'a stored line that is %j is named, skipped and searched again',
  async (line) => {
    const whole = await run('a', { samples: 1 })
    const path = join(folder, 'a', 'trajectories.jsonl')
    const stored = (await readFile(path, 'utf8')).split('\n')
    await writeFile(path, [stored[0], line, ...stored.slice(2)].join('\n'))
    const warned = once(process, 'warning')
    const mended = await run('a', { samples: 1 })
    expect(String(await warned)).toContain(`${path}:2`)
    expect(mended.summary).toEqual(whole.summary)
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(stored.length + 1)
  },
)

test('a problem whose picture is too narrow for official is skipped: neither searched nor scored, and named wherever there is a score', async () => {
  const narrow = [1, 2].map((n): WantedProblem => {
    const problem = { docId: `thin-${n}`, dataSource: 'set', question: 'What?', answer: 'red' }
    return { problem, openPicture: async () => ({ ...scenePicture(scenes[0]!, 2048), width: 2000, height: 20 + n }) }
  })
  const change = { profile: profiles.official, samples: 1, problems: [narrow[0]!, ...problems, narrow[1]!] }
  const seen: EvalProgress[] = []
  const first = await run('a', { ...change, onProgress: (progress) => seen.push(progress) })
  expect(first.searches).toBe(problems.length)
  expect(seen.at(-1)).toMatchObject({ done: problems.length, total: problems.length })
  expect(first.summary.problems).toBe(problems.length)
  expect(first.skipped.map(({ docId, height }) => [docId, height])).toEqual([
    ['thin-1', 21],
    ['thin-2', 22],
  ])
  expect(rulesOf(first, {})[0]).toBe(
    'Skipped, as the released loader does: 2 problems whose pictures are too narrow (set/thin-1, 2000x21; set/thin-2, 2000x22).',
  )
  const { searches, ...again } = await run('a', change)
  expect(searches).toBe(0)
  expect(again).toEqual({ ...first, searches: undefined })
  expect((await readFile(join(folder, 'a', 'skipped.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(2)
  expect((await readEvalRun(join(folder, 'a'))).skipped).toEqual(first.skipped)

  await expect(run('b', { ...change, problems: narrow })).rejects.toMatchObject({ code: 'all-skipped', exitCode: 2 })
})
