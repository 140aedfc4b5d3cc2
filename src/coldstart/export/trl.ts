/**
 * TRL's conversational vision format, for Hugging Face's `imagefolder` loader: `metadata.jsonl` with one row per line, with `messages` of
 * typed parts and the names of its pictures. The loader resolves these, so the set can be loaded from any working directory.
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
      // The loader converts this column to `images`.
      await file.appendFile(`${JSON.stringify({ messages: typedMessages(row), file_names: names })}\n`)
    }
  } finally {
    await file.close()
  }
  await writeCard(folder)
}
