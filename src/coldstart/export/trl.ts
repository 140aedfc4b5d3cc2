/**
 * TRL's conversational vision sets as Hugging Face's `imagefolder` reads them: `metadata.jsonl`, a line a row, with `messages`
 * of typed parts and the names of its pictures. The loader opens these, so the set loads from whatever folder it is read in.
 */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { writeImages } from './image-files.ts'
import { typedMessages } from './training-row.ts'
import type { TrainingRow } from './training-row.ts'
import { writeCard } from './trl-card.ts'

/** Writes `metadata.jsonl`, `images/` and a card into `folder`; paths are relative to it. */
export async function writeTrl(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void> {
  const file = await open(join(folder, 'metadata.jsonl'), 'w')
  try {
    for await (const row of rows) {
      const names = await writeImages(folder, row.images)
      // The loader makes `images` of this column.
      await file.write(`${JSON.stringify({ messages: typedMessages(row), file_names: names })}\n`)
    }
  } finally {
    await file.close()
  }
  await writeCard(folder)
}
