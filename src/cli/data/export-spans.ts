/** `mini-o3 export --to otel`: the searches of a run as OpenTelemetry spans, in the JSON form of OTLP, one line for each search. */
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { searchSpans } from '../../evaluate/logs/otel-spans.ts'
import { configurationFile, readSettings } from '../../runs/configuration.ts'
import { findRun } from '../../runs/find-runs.ts'
import { SearchIndex } from '../../runs/search-index.ts'
import { throwIfAborted, UserError } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { startProgress } from '../../shared/progress.ts'

export interface ExportedSpans {
  readonly searches: number
  readonly file: string
}

/** Replaces an earlier export of the run. Throws `UserError`, and `AbortedError` when the signal fires: then nothing is written. */
export async function exportSpans(source: string, out: string, signal: AbortSignal): Promise<ExportedSpans> {
  await readSettings(source)
  const run = await findRun(source, '.')
  const name = basename(resolve(source))
  const index = run && new SearchIndex(source, run.log, ({ step = 0, key }) => `${step} ${key}`)
  await index?.update()
  // If a search was repeated, its last line counts.
  const last = new Map((index?.entries ?? []).map((entry) => [entry.kept, entry]))
  if (index === undefined || last.size === 0) {
    throw new UserError('export-nothing', `${source} has no searches. Name a run that has, such as one of eval or ask.`)
  }
  const startedMs = (await stat(configurationFile(source))).mtimeMs
  const progress = startProgress({ label: 'searches', total: last.size })
  async function* lines(found: NonNullable<typeof index>): AsyncGenerator<Uint8Array, void> {
    for (const entry of last.values()) {
      throwIfAborted(signal)
      const search = await found.read(entry)
      if (search !== undefined) {
        yield Buffer.from(`${JSON.stringify(searchSpans(search, { run: name, key: entry.kept, startedMs }))}\n`)
      }
      progress.advance()
    }
  }
  const file = join(out, `${name}.otlp.jsonl`)
  await replaceFile(file, lines(index))
  progress.finish()
  return { searches: last.size, file: resolve(file) }
}
