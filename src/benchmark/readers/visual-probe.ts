/**
 * VisualProbe as published (`VisualProbe_Hard/val.json` with its pictures, one folder per level), and as parquet with embedded pictures
 * (lmms-eval).
 */
import type { Level } from '../../protocol/problem.ts'
import { micro } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { gatherEntries, plainQuestion, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles, shardFolders, shardNames } from '../files/find-file.ts'
import { embeddedPicture, several } from '../files/stored-picture.ts'
import { cellReader, rowsOfFiles } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'
import { itemAt } from '../../shared/known.ts'
import { readProblems } from './mini-o3-json.ts'

const folderNames: Readonly<Record<Level, string>> = {
  easy: 'VisualProbe_Easy',
  medium: 'VisualProbe_Medium',
  hard: 'VisualProbe_Hard',
}

function ofLevel(level: Level, problems: number, size: string): Benchmark {
  const id = folderNames[level]
  return {
    name: `visualprobe-${level}`,
    title: `VisualProbe ${level}`,
    datasets: [`Mini-o3/${id}`],
    download: `val.json and data/${size}`,
    pull: { dataset: `Mini-o3/${id}`, files: ['val.json', 'data/'], folder: id },
    layout: `${id}/val.json and ${id}/data/, all three levels in the same folder`,
    licence: 'CC BY-NC 4.0, for research only.',
    expected: { problems, slices: { level: { [level]: problems } } },
    samples: 32,
    judge: 'llm',
    answer: 'first',
    aggregate: micro,
    question: 'As in the file, without answering instructions.',
    notes: 'The paper judged with gpt-4o-2024-11-20. Its 48.0 on hard is at 32 turns, although its command sets 12.',
    read: (path, options) => readVisualProbe(path, level, options),
  }
}

export const visualProbe: readonly Benchmark[] = [
  ofLevel('easy', 141, ''),
  ofLevel('medium', 268, ' (792 MB)'),
  ofLevel('hard', 106, ' (296 MB)'),
]

/** `path`: the folder of all three levels, of one level, or its file. */
async function readVisualProbe(path: string, level: Level, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const folder = folderNames[level]
  const own = new RegExp(`^visual_?probe_?${level}[^/]*\\.parquet$`, 'i')
  const names = [/^val\.jsonl?$/, own, ...shardNames('val', 'validation', 'test')]
  const files = await findFiles(path, [folder, ...['', folder].flatMap(shardFolders)], names, 'val.json')
  const entries = itemAt(files, 0).endsWith('.parquet')
    ? await gatherEntries(rowsOfFiles(files, undefined), (row) => entryOf(row, level), options)
    : await readProblems(itemAt(files, 0), options)
  return entries.map((entry) => ({ ...entry, problem: { ...entry.problem, level }, slices: { level } }))
}

function entryOf({ place, cells, readPicture }: TableRow, level: Level): BenchmarkEntry {
  const text = cellReader({ place, cells })
  const asked = text('problem', 'question')
  // A row has one picture per mark; most have one, and some have no mark.
  const pictures = Math.max(1, asked.split('<image>').length - 1)
  const question = plainQuestion(asked, pictures)
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
    ...several(Array.from({ length: pictures }, (_, at) => embeddedPicture(place, () => readPicture(at, pictures)))),
  }
}
