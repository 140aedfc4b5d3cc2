/** For tests of readers of benchmarks: an empty folder for each test, and what is read from it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { readBenchmark } from '../src/benchmark/benchmark.ts'
import type { ReadBenchmarkOptions } from '../src/benchmark/benchmark.ts'
import { benchmarkNamed } from '../src/benchmark/catalog.ts'
import type { BenchmarkEntry } from '../src/benchmark/entry.ts'

export const byteOrderMark = '\uFEFF'

export interface ReaderKit {
  /** The folder of the test that runs. */
  base: string
  /** Reads a benchmark from there, or from `path`. */
  read(name: string, path?: string, options?: ReadBenchmarkOptions): Promise<BenchmarkEntry[]>
}

export function readerKit(): ReaderKit {
  const kit: ReaderKit = {
    base: '',
    read: (name, path = kit.base, options) => readBenchmark(benchmarkNamed(name), path, options),
  }
  beforeEach(async () => void (kit.base = await mkdtemp(join(tmpdir(), 'benchmark-'))))
  afterEach(() => rm(kit.base, { recursive: true }))
  return kit
}

/** The width of each picture. */
export function sizesOf(entries: readonly BenchmarkEntry[]): Promise<number[]> {
  return Promise.all(entries.map(async (entry) => (await entry.openPicture('displayed')).width))
}
