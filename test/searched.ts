/** Searches that look where a test wants them to, without a policy. */
import { makeProblem } from '../src/probe/problem.ts'
import { makeScene } from '../src/probe/scene.ts'
import { pixelBox, relativeBox } from '../src/protocol/box.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import { jsonLines, writeRun } from './stored-searches.ts'

const side = 1024
const usage = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }

/** A search whose looks go into the pictures with these numbers; -1 stands for a box that was refused. */
export function searched(
  parents: readonly number[],
  thought = 'Nothing here.',
  answer: string | null = '7',
): Trajectory {
  const whole = pixelBox(0, 0, side, side)
  const observations: Trajectory['observations'][number][] = [
    { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: { width: 64, height: 64 } },
  ]
  const turns: Trajectory['turns'][number][] = []
  for (const wanted of parents) {
    const action = { kind: 'grounding', boxRel: relativeBox(0, 0, 0.5, 0.5), source: 'original_image' } as const
    const turn = { text: thought, finish: 'stop', thought, action, usage, ms: 1 } as const
    if (wanted < 0) {
      turns.push({ ...turn, error: { code: 'no-such-source', error: `No such picture: ${thought}` } })
      continue
    }
    const parent = wanted % observations.length
    const [x0, y0, x1] = observations[parent]!.boxInOriginalPx
    const half = Math.max(1, Math.floor((x1 - x0) / 2))
    const index = observations.length
    observations.push({
      index,
      parent,
      boxPx: pixelBox(0, 0, half, half),
      boxInOriginalPx: pixelBox(x0, y0, x0 + half, y0 + half),
      view: { width: 64, height: 64 },
    })
    turns.push({ ...turn, observation: index })
  }
  if (answer !== null)
    turns.push({ text: answer, finish: 'stop', thought, action: { kind: 'answer', text: answer }, usage, ms: 1 })
  return {
    version: 1,
    problem: { docId: 'one', dataSource: 'test', question: thought, targetBoxRel: relativeBox(0, 0, 0.1, 0.1) },
    picture: { sha256: '0'.repeat(64), width: side, height: side },
    policy: 'test',
    profile: { name: 'default', sha256: '0'.repeat(64) },
    maxTurns: 32,
    seed: 1,
    sampleIndex: 0,
    turns,
    observations,
    end: answer === null ? 'over-turn' : 'answered',
    answer,
    usage,
    ms: 1,
  }
}

/** A run of two searches for one problem: the first has a refused box in turn 3 and runs out of turns, the second one answers. */
export async function writeRichRun(run: string): Promise<void> {
  const problem = makeProblem(makeScene(2 ** 31 + 5, 'easy', 4))
  const over = { ...searched([0, 1, -1, 0], 'Not here.', null), problem }
  const verdict = { kind: 'correct', reason: '' } as const
  const found = { ...searched([0, 1], 'Found it.'), problem, sampleIndex: 1, reward: { total: 1, parts: {} }, verdict }
  await writeRun(run, { command: 'eval', maxTurns: 4 }, { 'trajectories.jsonl': jsonLines([over, found]) })
}

/** A run of one search: the picture is turned by a quarter, counter-clockwise, and the top left of what that shows is zoomed into. */
export async function writeTurnedRun(run: string): Promise<void> {
  const problem = makeProblem(makeScene(2 ** 31 + 5, 'easy', 4))
  const whole = pixelBox(0, 0, side, side)
  const { observations, turns, ...search } = { ...searched([0, 1]), problem }
  const [original, , crop] = observations
  const use = { tool: 'rotate', degrees: 90 } as const
  const turned = { index: 1, parent: 0, boxPx: whole, made: use, boxInOriginalPx: whole, view: original!.view }
  const looks = [
    original!,
    turned,
    { ...crop!, boxPx: pixelBox(0, 0, 512, 256), boxInOriginalPx: pixelBox(768, 0, 1024, 512) },
  ]
  const [first, ...others] = turns
  const action = { kind: 'tool', use, source: 'original_image' } as const
  const stored = { ...search, observations: looks, turns: [{ ...first!, action }, ...others] }
  await writeRun(run, { command: 'eval', maxTurns: 4 }, { 'trajectories.jsonl': jsonLines([stored]) })
}
