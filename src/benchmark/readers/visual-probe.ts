/** VisualProbe as it is published: `VisualProbe_Hard/val.json` and pictures beside it, the three levels side by side. */
import type { Level } from '../../protocol/problem.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles } from '../files/find-file.ts'
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
  const [file] = await findFiles(path, [folderNames[level]], [/^val\.json$/], 'val.json')
  const entries = await readProblems(file!, options)
  return entries.map((entry) => ({ ...entry, problem: { ...entry.problem, level }, slices: { level } }))
}
