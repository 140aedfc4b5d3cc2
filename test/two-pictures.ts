/** A search about two pictures, a red one and a blue one: it zooms into the second, into that crop, and into the first. */
import sharp from 'sharp'
import type { Policy } from '../src/policy/policy.ts'
import { pictured } from '../src/protocol/originals.ts'
import type { Problem } from '../src/protocol/problem.ts'
import { profiles } from '../src/protocol/profile.ts'
import type { Profile } from '../src/protocol/profile.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import { searchToEnd } from '../src/search/search-many.ts'
import { openPicture } from '../src/vision/open.ts'
import type { Picture } from '../src/vision/picture.ts'

export interface TwoPictures {
  /** Of 640 x 480 and 400 x 600 pixels. */
  readonly files: readonly Buffer[]
  readonly pictures: readonly Picture[]
  readonly profile: Profile
  readonly trajectory: Trajectory
}

const problem: Problem = { docId: 'two', dataSource: 'test', question: 'Which is warmer?', answer: 'the first' }
const sources = ['original_image_2', 'observation_1', 'original_image_1']
const usage = { promptTokens: 10, imageTokens: 8, replyTokens: 2 }

const policy: Policy = {
  name: 'chat:scripted',
  open: () => ({
    async take(_, { turn }) {
      const source = sources[turn - 1]
      const call = `<think>Closer.</think><grounding>{"bbox_2d": [0.1, 0.1, 0.6, 0.6], "source": "${source}"}</grounding>`
      const text = source === undefined ? '<think>Seen.</think><answer>the first</answer>' : call
      return { text, finish: 'stop', usage }
    },
    close: () => {},
  }),
}

export async function twoPictures(profile: Profile = profiles.default): Promise<TwoPictures> {
  const drawn = (width: number, height: number, background: string) =>
    sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer()
  const files = [await drawn(640, 480, '#f00'), await drawn(400, 600, '#00f')]
  const pictures = await Promise.all(files.map((file) => openPicture(file)))
  const { trajectory } = await searchToEnd({ ...pictured(pictures), problem }, policy, { profile })
  const verdict = { kind: 'correct', reason: 'the same' } as const
  return { files, pictures, profile, trajectory: { ...trajectory, verdict } }
}
