/** DeepEyes and Pixel Reasoner: what their own loops did with the same replies (see `test/conformance/rivals/README.md`). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Policy } from '../policy/policy.ts'
import { profiles } from '../protocol/profile.ts'
import type { Picture } from '../vision/picture.ts'
import { searchToEnd } from './search-many.ts'

interface Row {
  readonly picture: readonly [width: number, height: number]
  /** The last one is repeated as often as it is asked for. */
  readonly replies: readonly { readonly text: string; readonly promptTokens?: number; readonly replyTokens?: number }[]
  readonly turns: number
  readonly end: string
  readonly answer: string | null
  readonly boxes: readonly (readonly number[])[]
  readonly views: readonly (readonly number[])[]
}

const folder = join(import.meta.dirname, '../../test/conformance/rivals')

function rowsOf(name: string): Row[] {
  const lines = readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Row)
}

async function play(name: 'deepeyes' | 'pixel-reasoner', { picture: [width, height], replies }: Row) {
  const picture: Picture = {
    width,
    height,
    sha256: '0'.repeat(64),
    region: () => Promise.reject(new Error('a script looks at nothing')),
  }
  const policy: Policy = {
    name: 'scripted',
    open: () => ({
      async take(_, { turn }) {
        const { text, promptTokens = 10, replyTokens = 1 } = replies[Math.min(turn, replies.length) - 1]!
        return { text, finish: 'stop', usage: { promptTokens, imageTokens: 0, replyTokens } }
      },
      close: () => {},
    }),
  }
  const problem = { docId: 'p', dataSource: 'test', question: 'Which?' }
  const { trajectory } = await searchToEnd({ picture, problem }, policy, { profile: profiles[name] })
  const crops = trajectory.observations.slice(1)
  return {
    turns: trajectory.turns.length,
    end: trajectory.end,
    answer: trajectory.answer,
    boxes: crops.map(({ boxPx, askedPx }) => [...(askedPx ?? boxPx)]),
    views: crops.map(({ view }) => [view.width, view.height]),
  }
}

describe.each(['deepeyes', 'pixel-reasoner'] as const)('%s', (name) => {
  it.each(rowsOf(name).map((row, index) => [index + 1, row] as const))('row %i', async (_, row) => {
    const { picture: _picture, replies: _replies, ...expected } = row
    expect(await play(name, row)).toEqual(expected)
  })
})
