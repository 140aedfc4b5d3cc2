/**
 * Problems for reinforcement learning with verl: parquet with prompt, pictures and right answer. One row per problem, however many of its
 * searches are exported, since verl samples its own.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Columns, ParquetRow } from '../../shared/parquet.ts'
import { imageCells, writeShards } from './parquet-shards.ts'
import type { TrainingRow } from './training-row.ts'

const columns: Columns = {
  data_source: 'string',
  prompt: { list: { struct: { role: 'string', content: 'string' } } },
  images: { list: 'image' },
  ability: 'string',
  reward_model: { struct: { style: 'string', ground_truth: 'string' } },
  extra_info: { struct: { index: 'int64', split: 'string', question: 'string', answer: 'string' } },
}

export async function writeVerl(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void> {
  await writeShards(rows, folder, { columns, toRow })
  await writeFile(join(folder, 'README.md'), card)
}

/** Reduces searches to their question and pictures, once per problem. */
export function onePerProblem(): (row: TrainingRow) => TrainingRow | string {
  const seen = new Set<number>()
  return (row) => {
    if (row.answer === undefined) return 'the right answer is not known'
    if (seen.has(row.sampleIndex)) return 'another search of the same problem'
    seen.add(row.sampleIndex)
    const images = row.images.filter(({ name }) => name.startsWith('original_image'))
    return { ...row, messages: row.messages.slice(0, 1), images }
  }
}

function toRow({ dataSource, sampleIndex, system, messages, images, answer = '' }: TrainingRow): ParquetRow {
  const question = messages[0]?.text ?? ''
  return {
    data_source: dataSource,
    prompt: [...(system === '' ? [] : [{ role: 'system', content: system }]), { role: 'user', content: question }],
    images: imageCells(images),
    ability: 'visual-search',
    reward_model: { style: 'rule', ground_truth: answer },
    extra_info: { index: BigInt(sampleIndex), split: 'train', question, answer },
  }
}

const card = `# Problems for verl

Written by mini-o3 export: one row a problem, with \`prompt\`, \`images\`, \`reward_model.ground_truth\` and \`data_source\`. verl reads
it with

    data.train_files=path/to/this/folder/data/train-00000-of-00001.parquet data.prompt_key=prompt data.image_key=images

and needs a reward function for this \`data_source\` (\`custom_reward_function.path\`) and a tool that crops, as the prompt asks
for one.
`
