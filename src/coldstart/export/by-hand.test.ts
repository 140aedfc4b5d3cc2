/** Exports of searches with turns that a person wrote. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportSet } from './export-set.ts'
import type { TrainingRow } from './training-row.ts'

let folder: string
let own: TrainingRow
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'by-hand-'))
  const white = sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } })
  own = {
    name: 'set/a (search 1)',
    dataSource: 'set',
    sampleIndex: 0,
    rolloutIndex: 0,
    system: 'Answer.',
    messages: [
      { role: 'user', text: '<image>\nWhich?' },
      { role: 'assistant', text: '<answer>7</answer>' },
    ],
    images: [{ bytes: await white.png().toBuffer(), name: 'original_image.png' }],
    answer: '7',
  }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function* both(): AsyncGenerator<TrainingRow, void> {
  yield own
  yield { ...own, sampleIndex: 1, byHand: true }
}

describe('a search with a turn that was written by hand', () => {
  it.each(['sharegpt', 'trl', 'mini-o3', 'parquet', 'verl-agent'] as const)(
    'is left out of %s, which cannot leave a turn out of the loss',
    async (to) => {
      const { rows, leftOut } = await exportSet({ to, rows: both(), out: join(folder, 'set') })
      expect([rows, Object.values(leftOut)]).toEqual([1, [1]])
      expect(Object.keys(leftOut)[0]).toContain('--by-hand')
    },
  )

  it('is a problem like any other', async () => {
    expect(await exportSet({ to: 'verl', rows: both(), out: join(folder, 'set') })).toMatchObject({ rows: 2 })
  })
})
