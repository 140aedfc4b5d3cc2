/**
 * VisualProbe as it is published, `VisualProbe_Hard/val.json` and pictures beside it, the three levels side by side; and as
 * parquet with the pictures inside, as repositories of lmms-eval have it.
 */
import type { Level } from '../../protocol/problem.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles, shardFolders, shardNames } from '../files/find-file.ts'
import { storedPicture } from '../files/stored-picture.ts'
import { tableRows } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'
import { readProblems } from './mini-o3-json.ts'

const folderNames: Readonly<Record<Level, string>> = {
  easy: 'VisualProbe_Easy',
  medium: 'VisualProbe_Medium',
  hard: 'VisualProbe_Hard',
}

/** `path`: the folder in which the three lie, one of them, or its file. */
export async function readVisualProbe(
  path: string,
  level: Level,
  options: ReadOptions = {},
): Promise<BenchmarkEntry[]> {
  const folder = folderNames[level]
  const own = new RegExp(`^visual_?probe_?${level}[^/]*\\.parquet$`, 'i')
  const names = [/^val\.jsonl?$/, own, ...shardNames('val', 'validation', 'test')]
  const files = await findFiles(path, [folder, ...['', folder].flatMap(shardFolders)], names, 'val.json')
  const entries = files[0]!.endsWith('.parquet')
    ? await gatherEntries(parquetRows(files), (row) => entryOf(row, level), options)
    : await readProblems(files[0]!, options)
  return entries.map((entry) => ({ ...entry, problem: { ...entry.problem, level }, slices: { level } }))
}

async function* parquetRows(files: readonly string[]): AsyncGenerator<TableRow, void> {
  for (const file of files) yield* tableRows(file)
}

function entryOf({ place, cells, readPicture }: TableRow, level: Level): BenchmarkEntry {
  const text = (...names: readonly string[]): string => {
    const cell = names.map((name) => cells[name]).find((own) => own !== undefined)
    if (typeof cell !== 'string') throw rowError(place, `${names.join(' or ')} is missing`)
    return cell
  }
  const question = text('problem', 'question').replace('<image>', '').trim()
  if (question === '') throw rowError(place, 'the question is empty')
  return {
    problem: {
      docId: text('doc_id', 'index', 'id', 'question_id'),
      dataSource: 'data_source' in cells ? text('data_source') : `visual_probe_${level}`,
      question,
      answer: text('solution', 'answer'),
    },
    slices: {},
    place,
    ...storedPicture(place, readPicture),
  }
}
