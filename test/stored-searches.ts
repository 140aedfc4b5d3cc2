/** Searches as runs store them, made up: what the pages show of a run is then known to the last figure. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeProblem } from '../src/probe/problem.ts'
import { makeScene } from '../src/probe/scene.ts'
import { pixelBox, relativeBox } from '../src/protocol/box.ts'
import type { End, Trajectory } from '../src/protocol/trajectory.ts'

export interface SearchWish {
  /** Of the scene that was searched. */
  readonly seed: number
  readonly right: boolean
  readonly sampleIndex?: number
  /** The last one answers; one look before it each. */
  readonly turns?: number
  readonly end?: End
  readonly thought?: string
}

export function storedSearch(wish: SearchWish): Trajectory {
  const { seed, right, sampleIndex = 0, turns = 2, end = 'answered', thought = 'It may be there.' } = wish
  const usage = { promptTokens: 10, imageTokens: 4, replyTokens: 8 }
  const looks = Array.from({ length: turns - 1 }, (_, index) => ({
    text: thought,
    finish: 'stop' as const,
    thought,
    action: { kind: 'grounding' as const, boxRel: relativeBox(0, 0, 0.5, 0.5), source: 'original_image' },
    observation: index + 1,
    usage,
    ms: 5,
  }))
  const answer = end === 'answered' ? (right ? '4' : '9') : null
  const last = { text: answer ?? '', finish: 'stop' as const, usage, ms: 5 }
  const whole = pixelBox(0, 0, 512, 512)
  const part = pixelBox(0, 0, 256, 256)
  const view = { width: 64, height: 64 }
  return {
    version: 1,
    problem: makeProblem(makeScene(seed, 'easy', 4)),
    picture: { sha256: '0'.repeat(64), width: 512, height: 512 },
    policy: 'embedded',
    profile: { name: 'embedded', sha256: '0'.repeat(64) },
    maxTurns: 8,
    seed: 1,
    sampleIndex,
    turns: [...looks, answer === null ? last : { ...last, action: { kind: 'answer', text: answer } }],
    observations: [
      { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view },
      ...looks.map(({ observation }) => {
        return { index: observation, parent: 0, boxPx: part, boxInOriginalPx: part, view }
      }),
    ],
    end,
    answer,
    usage,
    ms: 10,
    verdict: { kind: right ? 'correct' : 'wrong', reason: 'compared' },
  }
}

export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

/** A run folder with these files beside its settings. */
export async function writeRun(
  path: string,
  settings: object,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'config.json'), JSON.stringify(settings))
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text)
}
