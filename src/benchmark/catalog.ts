/** All benchmarks, one file each in `readers`; `mini-o3 eval --list` prints their definitions. */
import { UserError } from '../shared/errors.ts'
import type { Benchmark } from './benchmark.ts'
import { charXiv } from './readers/charxiv.ts'
import { hrBench } from './readers/hr-bench.ts'
import { infoVqa } from './readers/info-vqa.ts'
import { miniO3Rows } from './readers/mini-o3-json.ts'
import { mmeRealWorld } from './readers/mme-realworld.ts'
import { o3Bench } from './readers/o3-bench.ts'
import { problemFolder } from './readers/problem-folder.ts'
import { treeBench } from './readers/tree-bench.ts'
import { visualProbe } from './readers/visual-probe.ts'
import { vstar } from './readers/vstar.ts'
import { zoomBench } from './readers/zoom-bench.ts'

export const benchmarks: readonly Benchmark[] = [
  miniO3Rows,
  problemFolder,
  ...visualProbe,
  vstar,
  ...hrBench,
  ...mmeRealWorld,
  ...zoomBench,
  treeBench,
  o3Bench,
  infoVqa,
  ...charXiv,
]

/** Throws UserError `benchmark-unknown`, which lists the available ones. */
export function benchmarkNamed(name: string): Benchmark {
  const found = benchmarks.find((benchmark) => benchmark.name === name)
  if (found !== undefined) return found
  const names = benchmarks.map((benchmark) => benchmark.name).join(', ')
  throw new UserError('benchmark-unknown', `There is no benchmark ${name}. Choose one of ${names}.`)
}
