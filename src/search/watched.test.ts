/** A watched search tells thoughts while they are written, and is otherwise the search that it is unwatched. */
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Policy, Reply } from '../policy/policy.ts'
import { profiles } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { openPicture } from '../vision/open.ts'
import { untimed } from '../../test/untimed.ts'
import type { Picture } from '../vision/picture.ts'
import { search } from './search.ts'
import { searchToEnd } from './search-many.ts'

const problem = { docId: 'p1', dataSource: 'test', question: 'Which colour is it?', answer: 'red' }
const zoom = '<think>Closer.</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'
const answer = '<think>Seen.</think><answer>red</answer>'
let picture: Picture
beforeAll(async () => {
  const create = { width: 250, height: 200, channels: 3, background: '#c33' } as const
  picture = await openPicture(await sharp({ create }).png().toBuffer())
})

describe('a watched search', () => {
  const reply = (text: string): Reply => ({
    text,
    finish: 'stop',
    usage: { promptTokens: 1, imageTokens: 1, replyTokens: 1 },
  })
  /** Tells its reply in two pieces, the first one twice with a failed try between. */
  const telling: Policy = {
    name: 'telling',
    open: () => ({
      take: async (_, { turn, onNews }) => {
        const text = turn === 1 ? zoom : answer
        const cut = text.indexOf('.')
        onNews?.({ kind: 'text', text: text.slice(0, cut) })
        onNews?.({ kind: 'waiting', why: 'cut', next: { number: 2, of: 6 } })
        onNews?.({ kind: 'text', text: text.slice(0, cut) })
        await new Promise(setImmediate)
        onNews?.({ kind: 'text', text: text.slice(cut) })
        return reply(text)
      },
      close: () => {},
    }),
  }

  it('tells thoughts and waits in their order, and ends as it does unwatched', async () => {
    const told: string[] = []
    let live: Trajectory | undefined
    for await (const event of search({ picture, problem }, telling, { profile: profiles.default, live: true })) {
      if (event.kind === 'ended') live = event.trajectory
      else told.push('text' in event ? `${event.kind} ${event.text}` : event.kind)
    }
    const turn = (thought: string): string[] => {
      const begun = `writing ${thought}`
      return ['observed', begun, 'waiting', begun, 'writing .', `thinking ${thought}.`, 'acted']
    }
    expect(told).toEqual([...turn('Closer'), ...turn('Seen')])
    const { trajectory } = await searchToEnd({ picture, problem }, telling, { profile: profiles.default })
    expect(untimed(live!)).toEqual(untimed(trajectory))
  })

  it('is cut off where its reader leaves in the middle of a turn', async () => {
    let left: AbortSignal | undefined
    const endless: Policy = {
      name: 'endless',
      open: () => ({
        take: (_, { signal, onNews }) => {
          left = signal
          onNews?.({ kind: 'text', text: '<think>Hm' })
          return new Promise((__, reject) => signal!.addEventListener('abort', () => reject(new Error('gone'))))
        },
        close: () => {},
      }),
    }
    for await (const event of search({ picture, problem }, endless, { profile: profiles.default, live: true }))
      if (event.kind === 'writing') break
    expect(left?.aborted).toBe(true)
  })
})
