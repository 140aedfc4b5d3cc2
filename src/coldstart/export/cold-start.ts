/**
 * Reads and writes the layout of Mini-o3's own cold-start set: parquet with the text column `conversations`, a Python list of dicts `from`
 * (system, human, gpt) and `value`. We write JSON that is also a valid Python literal, so both the official script, which evaluates the text,
 * and JSON readers accept it. It is only parsed here, never evaluated. Variants are read too: conversations as lists of structs, pictures as
 * plain bytes, missing columns.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { errorCodeOf, messageOf, UserError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { readParquet } from '../../shared/parquet-read.ts'
import type { Columns, ParquetRow } from '../../shared/parquet.ts'
import { readPythonLiteral } from '../../shared/python-literal.ts'
import { defined, itemAt } from '../../shared/known.ts'
import { imageMark } from './training-row.ts'
import { imageCells, writeShards } from './parquet-shards.ts'
import type { ChatText, TrainingRow } from './training-row.ts'
import { sourceAt } from '../../protocol/source.ts'
import { fieldsOf } from '../../shared/fields.ts'

const columns: Columns = {
  conversations: 'string',
  images: { list: 'image' },
  image_names: { list: 'string' },
  data_source: 'string',
  sample_index: 'int64',
  rollout_index: 'int64',
}

/** One row per search with all of its turns, since LLaMA-Factory trains on every reply of a row. */
export function writeColdStart(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void> {
  return writeShards(rows, folder, { columns, toRow })
}

function toRow({ system, messages, images, dataSource, sampleIndex, rolloutIndex }: TrainingRow): ParquetRow {
  const turns = messages.map(({ role, text }) => ({ from: role === 'user' ? 'human' : 'gpt', value: text }))
  return {
    conversations: JSON.stringify([...(system === '' ? [] : [{ from: 'system', value: system }]), ...turns]),
    images: imageCells(images),
    image_names: images.map(({ name }) => name),
    data_source: dataSource,
    sample_index: BigInt(sampleIndex),
    rollout_index: BigInt(rolloutIndex),
  }
}

const wholeNumber = z.union([z.bigint(), z.int(), z.string().regex(/^\d{1,15}$/)]).transform(Number)
const bytes = z.instanceof(Uint8Array)
/** Hugging Face's picture struct, or plain bytes. */
const picture = z.union([bytes, z.object({ bytes }).transform((struct) => struct.bytes)], 'contains no picture bytes')
// Pandas writes missing values as null.
const rowSchema = z.object({
  conversations: z.unknown().transform((value, context) => {
    const { data, error } = conversationsSchema.safeParse(turnsOf(value, context))
    if (data) return data
    context.addIssue(error.issues[0]?.message ?? 'is not a conversation')
    return z.NEVER
  }),
  images: z.union([z.array(picture), picture.transform((only) => [only])], 'has to contain pictures with their bytes'),
  // Names become paths when a set is unpacked.
  image_names: z.array(z.string().regex(/^[\w-][\w.-]*$/, 'has to be a plain file name')).nullish(),
  data_source: z.string().nullish(),
  sample_index: wholeNumber.nullish(),
  rollout_index: wholeNumber.nullish(),
})

const roles: Readonly<Record<string, 'system' | 'user' | 'assistant'>> = {
  system: 'system',
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
}
const conversationsSchema = z
  .array(
    z.object({ from: z.enum(Object.keys(roles)), value: z.string() }).transform(({ from, value }) => ({
      role: defined(roles[from], from),
      text: value,
    })),
  )
  .refine(
    (turns) => turns.slice(1).every(({ role }) => role !== 'system'),
    'contains a system prompt after the first turn',
  )

/** A list of structs, or its text; `role` and `content` are accepted as field names. */
function turnsOf(value: unknown, context: z.core.$RefinementCtx): unknown {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value
  const turns = typeof text === 'string' ? listFrom(text, context) : text
  if (!Array.isArray(turns)) return turns
  return turns.map((turn: unknown) => {
    const { role, content, from = role, value: said = content } = fieldsOf(turn) ?? {}
    return { from, value: said }
  })
}

/** Parses JSON if the text is valid JSON (its escapes differ from Python's), otherwise a Python literal. */
function listFrom(text: string, context: z.core.$RefinementCtx): unknown {
  try {
    return parseJson(text)
  } catch {
    try {
      const { value, end } = readPythonLiteral(text)
      if (text.slice(end).trim() !== '') context.addIssue('contains more than one Python literal')
      return value
    } catch (error) {
      context.addIssue(messageOf(error))
      return undefined
    }
  }
}

/**
 * The rows of a file of that layout, with one row group in memory at a time. Throws `UserError` `cold-start-row`, which names file, row (from
 * 1) and column, and the errors of `readParquet`.
 */
export async function* readColdStart(path: string): AsyncGenerator<TrainingRow, void> {
  let number = 0
  for await (const value of readParquet(path)) {
    const name = `${path}, row ${++number}`
    const { data, error } = rowSchema.safeParse(value)
    if (!data) throw rowError(name, itemAt(error.issues, 0))
    const { conversations, images } = data
    const originals = (conversations.find(({ role }) => role === 'user')?.text ?? '').split(imageMark).length - 1
    const names =
      data.image_names ?? images.map((one, index) => usualName(one, sourceAt(index, Math.max(1, originals))))
    if (names.length !== images.length) {
      throw rowError(name, { path: ['image_names'], message: `${names.length} names for ${images.length} pictures` })
    }
    const system = conversations[0]?.role === 'system' ? conversations[0].text : ''
    const messages = conversations.flatMap(({ role: who, text }): ChatText[] =>
      who === 'system' ? [] : [{ role: who, text }],
    )
    yield {
      name,
      dataSource: data.data_source ?? 'cold_start',
      sampleIndex: data.sample_index ?? number - 1,
      rolloutIndex: data.rollout_index ?? 0,
      system,
      messages,
      images: images.map((one, index) => ({ bytes: one, name: itemAt(names, index) })),
    }
  }
}

/** The name of a view as in a search, for unnamed pictures. */
function usualName(picture: Uint8Array, name: string): string {
  const ending = picture[0] === 0x89 ? 'png' : picture[0] === 0x52 ? 'webp' : 'jpg'
  return `${name}.${ending}`
}

/** The parquet files of a set: `path` itself, or those in the folder or its `data`. Throws `UserError` if there are none. */
export async function coldStartFiles(path: string): Promise<string[]> {
  if ((await stat(path).catch(() => undefined))?.isFile()) return [path]
  for (const folder of [path, join(path, 'data')]) {
    const names = (await namesIn(folder)).filter((name) => name.endsWith('.parquet')).toSorted()
    if (names.length > 0) return names.map((name) => join(folder, name))
  }
  throw new UserError(
    'export-not-found',
    `${path} is neither the folder of a run nor a cold-start set (no parquet file). Check the path.`,
  )
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return []
    throw error
  })
}

function rowError(name: string, issue: { readonly path: readonly PropertyKey[]; readonly message: string }): UserError {
  const why = `${name}, column ${issue.path.join('.')}: ${issue.message}. Correct or remove the row.`
  return new UserError('cold-start-row', why)
}
