/** Defines a JSON file of a run in one place: its name, its schema, and what to do if it is broken. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { UserError } from '../shared/errors.ts'
import { parseJson } from '../shared/json.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { plainFile } from './plain-file.ts'

export interface RunFile<T> {
  readonly name: string
  readonly schema: z.ZodType<T>
  readonly fix: string
}

/** Undefined if the run has no such file. Throws `UserError` `run-file-broken`. */
export async function readRunFile<T>(folder: string, { name, schema, fix }: RunFile<T>): Promise<T | undefined> {
  const path = join(folder, name)
  if ((await plainFile(path)) === undefined) return undefined
  try {
    return schema.parse(parseJson(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new UserError('run-file-broken', `${path} cannot be read. ${fix}`, { cause })
  }
}

/** Lists are written with one item per line. */
export async function writeRunFile<T>(folder: string, { name }: RunFile<T>, value: T): Promise<void> {
  const text = Array.isArray(value)
    ? `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]`
    : JSON.stringify(value, null, 2)
  await replaceFile(join(folder, name), `${text}\n`)
}
