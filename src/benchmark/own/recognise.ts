/** Recognises whether the user's own data are Mini-o3 rows or any other table, for commands that are given a path alone. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fieldsOf } from '../../shared/fields.ts'
import { readBenchmark } from '../benchmark.ts'
import type { Benchmark, ReadBenchmarkOptions } from '../benchmark.ts'
import type { BenchmarkEntry } from '../entry.ts'
import { plainName } from '../files/find-file.ts'
import { readJsonItems } from '../files/json-items.ts'
import { openText } from '../files/text-source.ts'
import { miniO3Names, miniO3Rows } from '../readers/mini-o3-json.ts'
import { problemFolder } from '../readers/problem-folder.ts'

/** `split`: as for `readBenchmark`. */
export async function recognised(path: string, split?: string): Promise<Benchmark> {
  const names = await readdir(path).catch(() => undefined)
  const name = names === undefined ? '' : miniO3Names(split).find((own) => names.includes(own))
  if (name === undefined || !/\.jsonl?$/i.test(plainName(name || path))) return problemFolder
  return (await holdsMiniO3(join(path, name))) ? miniO3Rows : problemFolder
}

/** The problems at `path`, of whatever own form. Throws UserError. */
export async function readRecognised(path: string, options: ReadBenchmarkOptions): Promise<BenchmarkEntry[]> {
  return readBenchmark(await recognised(path, options.split), path, options)
}

/** By the fields of the first row; a file that cannot be read so far is left to the reader of Mini-o3 rows and its errors. */
async function holdsMiniO3(file: string): Promise<boolean> {
  try {
    for await (const { value } of readJsonItems(file, await openText(file))) {
      const fields = fieldsOf(value) ?? {}
      return (
        ['problem', 'solution'].some((name) => name in fields) &&
        ['doc_id', 'data_source'].some((name) => name in fields)
      )
    }
  } catch {
    return true
  }
  return true
}
