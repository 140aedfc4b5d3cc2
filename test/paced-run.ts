/** A run of a model behind a server, made up: with times, tokens, prices, failed attempts and a search that failed at its second turn. */
import { makeProblem } from '../src/probe/problem.ts'
import { makeScene } from '../src/probe/scene.ts'
import type { StoredExchanges } from '../src/protocol/exchange.ts'
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

/** A training run of three searches: of the first the tokens of one turn are stored, of the last they are without entropies. */
export async function writeTokensRun(run: string): Promise<void> {
  const { text, ...search } = { ...searched([0], 'Zoom <i>in</i>'), text: 'Zoom <i>in</i>' }
  const likely = { lengths: [4, 1, text.length - 5, 0], logprobs: [-0.01, -0.5, -4.6, 0] }
  const tokens = [{ ...likely, entropies: [0.06, 0.69, 2.4, 0] }]
  const trajectory = { ...search, problem: makeProblem(makeScene(2 ** 31 + 5, 'easy', 4)), policy: 'embedded' }
  const lines = [
    { step: 1, advantage: 0.5, trajectory, tokens },
    { step: 1, advantage: -0.5, trajectory: { ...trajectory, sampleIndex: 1 } },
    { step: 1, advantage: 0, trajectory: { ...trajectory, sampleIndex: 2 }, tokens: [likely] },
  ]
  await writeRun(run, { command: 'rl' }, { 'rollouts.jsonl': jsonLines(lines) })
}

/** Of the first search: a request that failed in turn 2, and model text that would do harm as markup or in a shell. */
function pacedExchanges({ problem, sampleIndex, startedMs = 0 }: Trajectory): StoredExchanges {
  const sha256 = 'ab'.repeat(32)
  const message = (content: unknown, role = 'user') => ({ role, content })
  const picture = { type: 'image_url', image_url: { url: `sha256:${sha256}` } }
  const said = `<img src=x onerror="document.title='pwned'"> '$(touch pwned)'`
  const body = JSON.stringify({ choices: [{ message: message(said, 'assistant') }] })
  const first = { turn: 1, from: 0, messages: [message([picture])], fields: { model: 'test-vlm' }, status: 200, body }
  return {
    search: JSON.stringify([problem.dataSource, problem.docId, sampleIndex, startedMs]),
    url: 'http://127.0.0.1:1/v1/chat/completions',
    keyEnv: 'TEST_API_KEY',
    exchanges: [
      { ...first, pictures: [{ sha256, mime: 'image/png', bytes: 3 }] },
      { turn: 2, from: 1, messages: [message(said, 'assistant'), message('So?')], error: 'overloaded' },
      { turn: 2, from: 3, messages: [], status: 200, body },
    ],
  }
}

export async function writePacedRun(run: string): Promise<void> {
  const searches = pacedSearches()
  await writeRun(
    run,
    { command: 'eval', policy: 'chat:test-vlm', maxTurns: 4 },
    {
      'trajectories.jsonl': jsonLines(searches),
      'exchanges.jsonl': jsonLines([pacedExchanges(searches[0])]),
      'prices.json': JSON.stringify({ 'test-vlm': { sent: 0.5, cached: 0.1, written: 2 } }),
    },
  )
}
