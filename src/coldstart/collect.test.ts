import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { judgeExact } from '../judge/exact.ts'
import type { Judge } from '../judge/judge.ts'
import type { Policy } from '../policy/policy.ts'
import { teacherPolicy } from '../policy/teacher/teacher.ts'
import { sceneRefs } from '../probe/dataset.ts'
import { makeProblem, sceneFrom } from '../probe/problem.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { profiles } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { ContextLengthError, TransportError, UserError } from '../shared/errors.ts'
import { openRun } from '../runs/run-folder.ts'
import { collect, readCollected } from './collect.ts'
import type { CollectOptions } from './collect.ts'
import type { SelectionRules } from './selection.ts'
import type { Searched } from '../runs/searches.ts'
import { setEntryOf, summariseCollection } from './summary.ts'

const scenes = sceneRefs('train', 9, 4).map(sceneFrom)
const problems = scenes.map((scene) => ({
  problem: makeProblem(scene),
  openPicture: async () => scenePicture(scene, 2048),
}))
const sceneOf = new Map(scenes.map((scene) => [makeProblem(scene).docId, scene]))
const teacher = teacherPolicy({ sceneOf: ({ docId }) => sceneOf.get(docId)!, mistakeRate: 0.1 })

/** The teacher, except that it answers nonsense on the first problem and breaks on the second while `broken`. */
function faulty(
  state: { broken: boolean; searches: number },
  error: Error = new TransportError('down', 'The server is down.'),
): Policy {
  return {
    name: 'faulty',
    open(problem, options) {
      state.searches++
      const index = problems.findIndex((entry) => entry.problem.docId === problem.docId)
      const session = teacher.open(problem, options)
      return {
        async take(message, turn) {
          if (index === 1 && state.broken) throw error
          const reply = await session.take(message, turn)
          return index === 0 ? { ...reply, text: '<think>I guess.</think><answer>none</answer>' } : reply
        },
        close: () => session.close(),
      }
    },
  }
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collect-'))
  config = { seed: 1 }
})
afterEach(() => rm(folder, { recursive: true }))

/** The settings of the run, and with them the rules of the set. */
let config: { seed: number; selection?: SelectionRules }

async function run(policy: Policy, change: Partial<CollectOptions> = {}): Promise<Searched[]> {
  const runFolder = await openRun(join(folder, 'run'), config)
  const options = { problems, policy, judge: judgeExact, samples: 2, maxTurns: 40, profile: profiles.embedded, seed: 1 }
  try {
    return await collect({ ...options, run: runFolder, concurrency: 3, ...change })
  } finally {
    await runFolder.close()
  }
}

async function kept() {
  const runFolder = await openRun(join(folder, 'run'), config)
  const trajectories = await readCollected(runFolder)
  await runFolder.close()
  return trajectories
}

/** A trajectory less what the clock decides. */
function told({ problem, sampleIndex, turns, seed }: Trajectory): unknown {
  return { docId: problem.docId, sampleIndex, seed, texts: turns.map(({ text }) => text) }
}

const linesOf = async (name: string): Promise<string[]> =>
  (await readFile(join(folder, 'run', name), 'utf8')).split('\n').filter((line) => line !== '')

describe('collect', () => {
  it('passes over a problem whose picture is too narrow for its profile, tells of it, and goes on behind it', async () => {
    const [first, ...others] = problems as [(typeof problems)[number], ...typeof problems]
    const thin = { ...first, openPicture: async () => ({ ...(await first.openPicture()), width: 2000, height: 20 }) }
    const state = { broken: false, searches: 0 }
    const skipped: unknown[] = []
    const totals: number[] = []
    const searched = await run(faulty(state), {
      problems: [thin, ...others.slice(0, 2)],
      profile: { ...profiles.embedded, pictures: profiles.official.pictures, firstView: profiles.official.firstView },
      onSkip: (problem) => skipped.push(problem),
      onProgress: ({ total }) => totals.push(total),
    })
    expect(skipped).toMatchObject([{ docId: first.problem.docId, width: 2000, height: 20 }])
    expect([state.searches, searched.length, totals.at(-1)]).toEqual([4, 4, 4])
  })

  it('keeps whole trajectories with the right answer, and remembers the others', async () => {
    const state = { broken: false, searches: 0 }
    const searched = await run(faulty(state))
    const { docId } = problems[0]!.problem
    expect(searched.length).toBe(18)
    expect(searched.filter((search) => !search.kept).map((search) => search.docId)).toEqual([docId, docId])
    const trajectories = await kept()
    expect(trajectories.length).toBe(16)
    for (const { verdict, end, turns, problem, answer } of trajectories) {
      expect({ verdict: verdict?.kind, end, answer }).toEqual({
        verdict: 'correct',
        end: 'answered',
        answer: problem.answer,
      })
      expect(turns.at(-1)!.action?.kind).toBe('answer')
    }
    const summary = summariseCollection(searched, (await kept()).map(setEntryOf))
    expect(summary).toMatchObject({ searches: 18, kept: 16, ends: { answered: 18 } })
    expect(summary.byLevel).toEqual({
      easy: { searches: 6, kept: 4 },
      medium: { searches: 6, kept: 6 },
      hard: { searches: 6, kept: 6 },
    })
    expect(summary.patterns['depth-first']).toBeGreaterThan(0)
    expect(summary.patterns['goal-maintenance']).toBeGreaterThan(6)
    expect(summary.meanTurns).toBeGreaterThan(2)
  })

  it('does only what is owed when it is run again', async () => {
    const state = { broken: true, searches: 0 }
    const progress: unknown[] = []
    const first = await run(faulty(state), { onProgress: (at) => progress.push(at) })
    expect(progress.at(-1)).toEqual({
      done: 16,
      total: 18,
      kept: 14,
      inSet: 14,
      overTurn: 0,
      failed: 2,
      refused: 0,
      unjudged: 0,
    })
    expect(first.length).toBe(16)
    state.broken = false
    state.searches = 0
    const second = await run(faulty(state))
    expect(state.searches).toBe(2)
    expect(summariseCollection(second, (await kept()).map(setEntryOf))).toMatchObject({ searches: 18, kept: 16 })
    expect(await run(faulty(state))).toEqual(second)
    expect(state.searches).toBe(2)
    expect((await linesOf('trajectories.jsonl')).length).toBe(16)
  })

  it('does not search again what the server refused for good, unless it is asked to', async () => {
    const state = { broken: true, searches: 0 }
    const policy = faulty(state, new ContextLengthError('It is too long.'))
    const progress: unknown[] = []
    const first = await run(policy)
    expect(state.searches).toBe(18)
    expect(await run(policy, { onProgress: (at) => progress.push(at) })).toEqual(first)
    expect(state.searches).toBe(18)
    expect(progress.at(-1)).toMatchObject({ done: 16, failed: 0, refused: 2 })
    expect(summariseCollection(first, (await kept()).map(setEntryOf))).toMatchObject({
      searches: 18,
      kept: 14,
      ends: { failed: 2 },
    })
    state.broken = false
    const mended = await run(policy, { retryRefused: true })
    expect(state.searches).toBe(20)
    expect(summariseCollection(mended, (await kept()).map(setEntryOf))).toMatchObject({
      searches: 18,
      kept: 16,
      ends: { answered: 18 },
    })
    expect(await run(policy, { onProgress: (at) => progress.push(at) })).toEqual(mended)
    expect(progress.at(-1)).toMatchObject({ done: 18, refused: 0 })
  })

  it('never tells of more in the set than right, or more right than done, also when searches end together', async () => {
    const waiting: (() => void)[] = []
    const together: Judge = (problem, answer) =>
      new Promise((resolve) => {
        waiting.push(() => resolve(judgeExact(problem, answer)))
        if (waiting.length === 6) for (const judge of waiting.splice(0)) judge()
      })
    const counts: number[][] = []
    const options = { judge: together, concurrency: 6 }
    await run(teacher, { ...options, onProgress: ({ inSet, kept, done }) => counts.push([inSet, kept, done]) })
    expect(counts.at(-1)).toEqual([18, 18, 18])
    for (const count of counts) expect(count).toEqual(count.toSorted((a, b) => a - b))
  })

  it('loses and repeats nothing when it is stopped or killed between its two lines', async () => {
    const state = { broken: false, searches: 0 }
    const stop = new AbortController()
    const stopped = run(faulty(state), { stop: stop.signal, onProgress: ({ done }) => done >= 5 && stop.abort() })
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
    const metrics = await linesOf('metrics.jsonl')
    await writeFile(join(folder, 'run', 'metrics.jsonl'), `${metrics.slice(0, -1).join('\n')}\n`)
    await appendFile(join(folder, 'run', 'trajectories.jsonl'), '{"version":1,"prob')

    const searched = await run(faulty(state))
    expect(summariseCollection(searched, (await kept()).map(setEntryOf))).toMatchObject({ searches: 18, kept: 16 })
    const keys = (await linesOf('trajectories.jsonl')).map((line) => {
      const { problem, sampleIndex } = JSON.parse(line) as Awaited<ReturnType<typeof kept>>[number]
      return `${problem.docId} ${sampleIndex}`
    })
    expect(keys.length).toBe(16)
    expect(new Set(keys).size).toBe(16)
    expect(await linesOf('metrics.jsonl')).toHaveLength(18)
  })

  it('keeps a search whose judge failed aside, and judges it again without searching', async () => {
    const state = { broken: false, searches: 0 }
    const hesitant: Judge = (problem, answer) =>
      problem.level === 'hard' ? { kind: 'unjudged', reason: 'nobody there' } : judgeExact(problem, answer)
    const progress: unknown[] = []
    const first = await run(faulty(state), { judge: hesitant, onProgress: (at) => progress.push(at) })
    expect(progress.at(-1)).toMatchObject({ done: 12, total: 18, kept: 10, failed: 0, unjudged: 6 })
    expect(first).toHaveLength(12)
    expect(await linesOf('pending.jsonl')).toHaveLength(6)
    await run(faulty(state), { judge: hesitant })
    expect(await linesOf('pending.jsonl')).toHaveLength(6)

    const searched = await run(faulty(state))
    expect(state.searches).toBe(18)
    expect(summariseCollection(searched, (await kept()).map(setEntryOf))).toMatchObject({ searches: 18, kept: 16 })
    expect(await kept()).toHaveLength(16)
  })

  it('keeps what was searched when the judge cannot go on', async () => {
    const state = { broken: false, searches: 0 }
    const locked: Judge = () => {
      throw new UserError('key-refused', 'The key is refused.')
    }
    await expect(run(faulty(state), { judge: locked })).rejects.toMatchObject({ code: 'key-refused' })
    const before = state.searches
    expect(await linesOf('pending.jsonl')).toHaveLength(before)
    const searched = await run(faulty(state))
    expect(state.searches).toBe(18)
    expect(summariseCollection(searched, (await kept()).map(setEntryOf))).toMatchObject({ searches: 18, kept: 16 })
  })

  it('reads the same data in the same order, whoever finished first', async () => {
    await run(teacher, { concurrency: 5 })
    const texts = (await kept()).map(({ turns }) => turns.map(({ text }) => text))
    await rm(join(folder, 'run'), { recursive: true })
    await run(teacher, { concurrency: 1 })
    expect((await kept()).map(({ turns }) => turns.map(({ text }) => text))).toEqual(texts)
    let read = 0
    await readCollected({ path: join(folder, 'run') }, { onSearch: () => read++ })
    expect(read).toBe(texts.length)
  })

  it('stops at its target, with the same set whoever finishes first and however often it is stopped', async () => {
    config = { seed: 1, selection: { target: 7 } }
    const state = { broken: false, searches: 0 }
    await run(faulty(state), { concurrency: 1 })
    expect(state.searches).toBe(9)
    const set = (await kept()).map(told)
    expect(set).toHaveLength(7)
    await run(faulty(state), { concurrency: 1 })
    expect(state.searches).toBe(9)

    await rm(join(folder, 'run'), { recursive: true })
    /** Turns that wait; whoever came last goes first. */
    const waiting: (() => void)[] = []
    const lastFirst: Policy = {
      name: 'faulty',
      open(problem, options) {
        const session = faulty(state).open(problem, options)
        const take = async (...told: Parameters<typeof session.take>) => {
          await new Promise<void>((resolve) => {
            waiting.push(resolve)
            setImmediate(() => waiting.pop()?.())
          })
          return session.take(...told)
        }
        return { take, close: () => session.close() }
      },
    }
    const stop = new AbortController()
    const stopped = run(lastFirst, {
      concurrency: 4,
      stop: stop.signal,
      onProgress: ({ done }) => done >= 2 && stop.abort(),
    })
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
    await run(lastFirst, { concurrency: 4 })
    expect((await linesOf('trajectories.jsonl')).length).toBeGreaterThan(7)
    expect((await kept()).map(told)).toEqual(set)
  })

  it('goes on behind a search that failed, and takes it in when a resume fills the gap', async () => {
    config = { seed: 1, selection: { target: 7 } }
    const state = { broken: true, searches: 0 }
    await run(faulty(state), { concurrency: 1 })
    expect((await kept()).map(({ problem }) => problem.docId)).not.toContain(problems[1]!.problem.docId)
    expect(await kept()).toHaveLength(7)
    state.broken = false
    await run(faulty(state), { concurrency: 1 })
    const filled = await kept()
    expect(filled).toHaveLength(7)
    expect(filled.filter(({ problem }) => problem.docId === problems[1]!.problem.docId)).toHaveLength(2)
  })

  it('says what is wrong before it searches', async () => {
    const { answer: _, ...mute } = problems[0]!.problem
    await expect(run(teacher, { problems: [] })).rejects.toMatchObject({ code: 'no-problems', exitCode: 2 })
    await expect(run(teacher, { problems: [{ ...problems[0]!, problem: mute }] })).rejects.toMatchObject({
      code: 'no-reference-answer',
    })
  })

  it.each([
    ['metrics.jsonl', '{"docId":7}'],
    ['metrics.jsonl', '{"torn'],
    ['trajectories.jsonl', '\0\0\0\0'],
    ['trajectories.jsonl', '{"version":1}'],
  ])(
    'loses no search to a damaged line in %s: it is looked up in the other log, or searched again',
    async (log, damage) => {
      const finished = await run(teacher)
      const whole = (await kept()).map(told)
      const path = join(folder, 'run', log)
      const lines = (await readFile(path, 'utf8')).split('\n')
      await writeFile(path, [lines[0], damage, ...lines.slice(2)].join('\n'))
      const warned = once(process, 'warning')
      const searched = await run(teacher)
      expect(String(await warned)).toContain(`${log}:2`)
      expect(searched).toEqual(finished)
      expect((await kept()).map(told)).toEqual(whole)
    },
  )
})
