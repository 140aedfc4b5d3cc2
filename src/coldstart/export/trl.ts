/** TRL's conversational vision sets: a line a row, `messages` of typed parts and `images` as paths. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { writeImages } from './image-files.ts'
import { typedMessages } from './training-row.ts'
import type { TrainingRow } from './training-row.ts'

/** Writes `train.jsonl` and `images/` into `folder`; paths are relative to it. */
export async function writeTrl(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void> {
  const file = await open(join(folder, 'train.jsonl'), 'w')
  try {
    for await (const row of rows) {
      const images = await writeImages(folder, row.images)
      await file.write(`${JSON.stringify({ messages: typedMessages(row), images })}\n`)
    }
  } finally {
    await file.close()
  }
}
