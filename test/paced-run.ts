/** A run of a model behind a server, made up: with times, tokens, prices, failed attempts and a search that failed at its second turn. */
import { makeProblem } from '../src/probe/problem.ts'
import { makeScene } from '../src/probe/scene.ts'
import type { Trajectory, Turn } from '../src/protocol/trajectory.ts'
import { searched } from './searched.ts'
import { jsonLines, writeRun } from './stored-searches.ts'

const usage = (promptTokens: number, replyTokens: number, cachedTokens: number): Turn['usage'] => {
  return { promptTokens, imageTokens: 200, replyTokens, cachedTokens }
}

/** Two searches for one problem. */
function pacedSearches(): readonly [Trajectory, Trajectory] {
  const problem = makeProblem(makeScene(2 ** 31 + 5, 'easy', 4))
  const { turns, ...search } = { ...searched([0, 1], 'I look <b>closer</b>.'), problem, policy: 'chat:test-vlm' }
  const [first, second, last] = turns as [Turn, Turn, Turn]
  const served = { model: 'test-vlm-2026', finish: 'stop' }
  const paced = [
    { ...first, usage: usage(1000, 50, 0), startMs: 0, ms: 2000, firstTokenMs: 600, served },
    {
      ...second,
      usage: usage(1300, 60, 1000),
      startMs: 2500,
      ms: 5000,
      served,
      retries: [
        { atMs: 200, why: 'http://127.0.0.1:1 is busy or rate-limited (status 429): slow down <b>', waitMs: 1500 },
        { atMs: 2000, why: 'http://127.0.0.1:1 failed (status 503).', waitMs: 1000 },
      ],
    },
    { ...last, usage: usage(340, 80, 2000), startMs: 7600, ms: 2400, firstTokenMs: 100, served },
  ]
  const verdict = { kind: 'correct', reason: '' } as const
  const found: Trajectory = { ...search, turns: paced, ms: 10_000, startedMs: Date.UTC(2026, 10, 1), verdict }
  const broken: Trajectory = {
    ...search,
    sampleIndex: 1,
    turns: paced.slice(0, 1),
    observations: search.observations.slice(0, 2),
    end: 'failed',
    answer: null,
    ms: 9000,
    failure: { code: 'endpoint-busy', message: 'The server was overloaded. That was the last of 2 tries.' },
    unfinished: { startMs: 2100, ms: 6900, retries: [{ atMs: 5000, why: 'overloaded', waitMs: 1000 }] },
  }
  return [found, broken]
}

export async function writePacedRun(run: string): Promise<void> {
  await writeRun(
    run,
    { command: 'eval', policy: 'chat:test-vlm', maxTurns: 4 },
    {
      'trajectories.jsonl': jsonLines(pacedSearches()),
      'prices.json': JSON.stringify({ 'test-vlm': { sent: 0.5, cached: 0.1, written: 2 } }),
    },
  )
}
