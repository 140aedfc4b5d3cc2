/**
 * Parquet for verl. `verl` has one row per problem, with prompt, pictures and right answer, however many of its searches are exported,
 * since verl samples its own. `verl-agent` has one row per search, with the pictures of every turn.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Columns, ParquetRow } from '../../shared/parquet.ts'
import { imageCells, writeShards } from './parquet-shards.ts'
import type { ChatText, TrainingRow } from './training-row.ts'

const messages = { list: { struct: { role: 'string', content: 'string' } } } as const

const problemColumns: Columns = {
  data_source: 'string',
  agent_name: 'string',
  prompt: messages,
  images: { list: 'image' },
  ability: 'string',
  reward_model: { struct: { style: 'string', ground_truth: 'string' } },
  extra_info: {
    struct: { index: 'int64', split: 'string', question: 'string', answer: 'string', alternatives: { list: 'string' } },
  },
}

/** The agent loop of verl that runs tools. */
const agentName = 'tool_agent'

export async function writeVerl(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void> {
  await writeShards(rows, folder, { columns: problemColumns, toRow: problemRow })
  await writeFile(join(folder, 'README.md'), problemCard)
}

export async function writeVerlAgent(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void> {
  const columns: Columns = {
    ...problemColumns,
    response: messages,
    messages,
    extra_info: {
      struct: {
        index: 'int64',
        split: 'string',
        question: 'string',
        answer: 'string',
        alternatives: { list: 'string' },
        search: 'int64',
        turns: 'int64',
      },
    },
  }
  await writeShards(rows, folder, { columns, toRow: searchRow })
  await writeFile(join(folder, 'README.md'), searchCard)
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

/** Leaves out what does not end with a reply; every search of this program does. */
export function endingInReply(): (row: TrainingRow) => TrainingRow | string {
  return (row) => (row.messages.at(-1)?.role === 'assistant' ? row : 'it does not end with a reply')
}

function problemRow(row: TrainingRow): ParquetRow {
  const { dataSource, images, answer = '' } = row
  return {
    data_source: dataSource,
    agent_name: agentName,
    prompt: verlMessages(row),
    images: imageCells(images),
    ability: 'visual-search',
    reward_model: { style: 'rule', ground_truth: answer },
    extra_info: extraInfo(row),
  }
}

function extraInfo({ sampleIndex, messages: [question], answer = '', alternatives = [] }: TrainingRow): object {
  return { index: BigInt(sampleIndex), split: 'train', question: question?.text ?? '', answer, alternatives }
}

function searchRow(row: TrainingRow): ParquetRow {
  const all = verlMessages(row)
  const turns = row.messages.filter(({ role }) => role === 'assistant').length
  return {
    ...problemRow(row),
    prompt: all.slice(0, -1),
    response: all.slice(-1),
    messages: all,
    extra_info: { ...extraInfo(row), search: BigInt(row.rolloutIndex), turns: BigInt(turns) },
  }
}

function verlMessages({ system, messages: said }: Pick<TrainingRow, 'system' | 'messages'>): object[] {
  const told = said.map(({ role, text }: ChatText) => ({ role, content: text }))
  return [...(system === '' ? [] : [{ role: 'system', content: system }]), ...told]
}

const problemCard = `# Problems for verl

Written by mini-o3 export: one row per problem, with \`prompt\`, \`images\`, \`reward_model.ground_truth\`, \`agent_name\` and \`data_source\`.
verl reads it with

    data.train_files=path/to/this/folder/data/train-00000-of-00001.parquet data.prompt_key=prompt data.image_key=images

and needs a reward function for this \`data_source\` (\`custom_reward_function.path\`) and, for the agent loop \`tool_agent\`, a tool that
crops, as the prompt asks for one. \`extra_info.alternatives\` holds further answers that are right too.
`

const searchCard = `# Searches for verl, with the pictures of every turn

Written by mini-o3 export: one row per search. \`images\` are its pictures in the order of the \`<image>\` marks. The columns have the names
that verl's data sets look for:

- \`messages\` is the whole search: \`MultiTurnSFTDataset\` (\`data.messages_key=messages data.image_key=images\`) learns every reply.
- \`prompt\` is all of it but the last reply, which is \`response\`: \`RLHFDataset\` (\`data.prompt_key=prompt data.image_key=images\`)
  samples that reply again, with every picture that was seen. For searches from their first turn, export with --to verl.
- \`reward_model.ground_truth\` is the right answer (empty where the set does not say it), for a reward function of your own
  (\`custom_reward_function.path\`); \`extra_info\` holds the problem's place, further right answers, which of its searches
  this is, and its number of turns.

\`agent_name\` is \`tool_agent\`; calls are in the text of the replies, where its tool parser finds them if they are written as
\`<tool_call>\` (profiles qwen3-vl, deepeyes, pixel-reasoner).
`
