import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeVisualProbe } from '../../../test/benchmark-fixtures.ts'
import { readerKit, sizesOf } from '../../../test/reader-kit.ts'

const kit = readerKit()

describe('VisualProbe', () => {
  it('is read from the folder in which the levels lie side by side, and from its own', async () => {
    await writeVisualProbe(kit.base)
    const entries = await kit.read('visualprobe-hard')
    expect(entries[0]).toMatchObject({
      problem: {
        docId: 'visual_probe_hard_1',
        question: 'Which digit is on the red star?',
        answer: 'Seven.',
        level: 'hard',
      },
      slices: { level: 'hard' },
    })
    expect(await sizesOf(entries)).toEqual([96, 96])
    expect(await entries[0]!.checkPicture()).toBeUndefined()
    expect(await kit.read('visualprobe-hard', join(kit.base, 'VisualProbe_Hard'))).toHaveLength(2)
    await expect(kit.read('visualprobe-easy')).rejects.toMatchObject({ code: 'data-not-found', exitCode: 2 })
  })
})
