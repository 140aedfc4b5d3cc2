/** A small run as `collect` leaves it: the teacher on generated scenes, with a mistake in the first turn, and what it was told. */
import { join } from 'node:path'
import { openProblemPicture, readProblems } from '../src/benchmark/readers/mini-o3-json.ts'
import { collect } from '../src/coldstart/collect.ts'
import { judgeExact } from '../src/judge/exact.ts'
import type { Message, Policy } from '../src/policy/policy.ts'
import { teacherPolicy } from '../src/policy/teacher/teacher.ts'
import { buildProbe } from '../src/probe/dataset.ts'
import { sceneOf } from '../src/probe/problem.ts'
import { profiles } from '../src/protocol/profile.ts'
import type { Profile } from '../src/protocol/profile.ts'
import type { WantedProblem } from '../src/search/owed-samples.ts'
import { openRun } from '../src/runs/run-folder.ts'

export interface CollectedRun {
  readonly path: string
  /** The folder with the problems. */
  readonly data: string
  readonly problems: readonly WantedProblem[]
  /** Everything that the policy was told, search by search, under `docId`. */
  readonly told: ReadonlyMap<string, readonly Message[]>
}

const noUsage = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }
const badZoom = '<think>?</think><grounding>{"bbox_2d": [0.5, 0.5, 0.4, 0.4], "source": "original_image"}</grounding>'

/** Three problems, one search each. */
export async function collectedRun(folder: string, profile: Profile = profiles.embedded): Promise<CollectedRun> {
  const data = join(folder, 'probe')
  await buildProbe({ out: data, train: 3, test: 0, seed: 5, sidePx: 512, pictures: false })
  const entries = await readProblems(data, { split: 'train' })
  const problems = entries.map((entry) => ({ problem: entry.problem, openPicture: () => openProblemPicture(entry) }))
  const told = new Map<string, Message[]>()
  const teacher = teacherPolicy({ sceneOf, mistakeRate: 0.3 })
  const policy: Policy = {
    name: 'teacher',
    open(problem, seeded) {
      const session = teacher.open(problem, seeded)
      const messages: Message[] = []
      told.set(problem.docId, messages)
      return {
        async take(message, turn) {
          messages.push(message)
          if (turn.turn === 1) return { text: badZoom, finish: 'stop', usage: noUsage }
          return session.take(turn.turn === 2 ? messages[0]! : message, { ...turn, turn: turn.turn - 1 })
        },
        close: () => session.close(),
      }
    },
  }
  const path = join(folder, 'run')
  const run = await openRun(path, { command: 'collect', data })
  const searches = { problems, policy, judge: judgeExact, samples: 1, maxTurns: 40, profile, seed: 1 }
  await collect({ ...searches, run, concurrency: 2 })
  await run.close()
  return { path, data, problems, told }
}
