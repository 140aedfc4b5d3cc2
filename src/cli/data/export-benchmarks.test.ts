/** `mini-o3 export` of an evaluation on each benchmark, with a model behind a real server. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  delimited,
  hrBenchRows,
  huggingFaceParquet,
  mmeBase64Item,
  mmeItem,
  put,
  scenePicture,
  treeRow,
  writeO3,
  writeVisualProbe,
  writeVstar,
  zoomRows,
} from '../../../test/benchmark-fixtures.ts'
import { byModel, folder, mini, script, setUpEvalKit } from '../../../test/eval-kit.ts'
import { runCommand } from '../../../test/run-command.ts'
import { readBenchmark } from '../../benchmark/benchmark.ts'
import type { BenchmarkEntry } from '../../benchmark/entry.ts'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import { exportTargets } from '../../coldstart/export/export-set.ts'
import { addExport } from './export.ts'

setUpEvalKit()

const inFolder = (...parts: readonly string[]): string => join(folder, ...parts)

async function own(): Promise<void> {
  await put(inFolder('photos', 'dog.png'), await scenePicture(1, 'png'))
  await put(inFolder('q.csv'), 'image,question,answer,A,B\ndog,Which?,B,red,blue\ndog|dog.png,What?,tail|its tail,,\n')
}

async function probe(): Promise<void> {
  const row = { images: ['a.png'], problem: '<image>\nWhich?', solution: 'red', data_source: 'own', doc_id: 'one' }
  await put(inFolder('a.png'), await scenePicture(1, 'png'))
  await put(inFolder('test.json'), JSON.stringify([row]))
}

const hrBench = (size: string) => async () =>
  void (await put(inFolder('HR-Bench', `hr_bench_${size}.tsv`), delimited(await hrBenchRows())))
const visualProbe = (level: string) => async () => {
  const row = { images: ['a.png'], problem: '<image>\nWhich?', solution: 'red', data_source: 'v', doc_id: 'one' }
  await put(inFolder(`VisualProbe_${level}`, 'a.png'), await scenePicture(1, 'png'))
  await put(inFolder(`VisualProbe_${level}`, 'val.json'), JSON.stringify([row]))
}
const mme = (name: string) => async () => {
  await put(inFolder(mmeItem.Image), await scenePicture(1, 'png'))
  await put(inFolder(name), name.endsWith('tsv') ? delimited([await mmeBase64Item()]) : JSON.stringify([mmeItem]))
}

/** The data of each benchmark. */
const written: Readonly<Record<string, () => Promise<unknown>>> = {
  'visual-probe': probe,
  problems: own,
  'visualprobe-easy': visualProbe('Easy'),
  'visualprobe-medium': visualProbe('Medium'),
  'visualprobe-hard': () => writeVisualProbe(folder),
  vstar: () => writeVstar(folder),
  'hr-bench-4k': hrBench('4k'),
  'hr-bench-8k': hrBench('8k'),
  'mme-realworld': mme('MME_RealWorld.json'),
  'mme-realworld-lite': mme('MME-RealWorld-Lite.json'),
  zoombench: async () =>
    put(inFolder('ZoomBench', 'data', 'test-00000-of-00001.parquet'), huggingFaceParquet(await zoomRows())),
  'zoombench-crop': async () =>
    put(inFolder('ZoomBench', 'data', 'test-00000-of-00001.parquet'), huggingFaceParquet(await zoomRows())),
  treebench: async () => put(inFolder('TreeBench', 'TreeBench.tsv'), delimited([await treeRow()])),
  'o3-bench': () => writeO3(folder),
  'mme-realworld-cn': mme('MME_RealWorld_CN.json'),
}

const rightAnswer = ({ problem, label }: BenchmarkEntry): string => label ?? problem.answer ?? ''

async function searched(name: string, ...words: readonly string[]): Promise<void> {
  await written[name]!()
  const entries = await readBenchmark(benchmarkNamed(name), folder)
  await script(
    name,
    entries.map(() => '1'),
    rightAnswer,
  )
  const run = ['--benchmark', name, '--data', folder, '--samples', '1', '--run', inFolder('run')]
  await mini('eval', ...run, ...byModel(), ...words)
}

const exported = (to: string, ...words: readonly string[]) =>
  runCommand([addExport], 'export', inFolder('run'), '--to', to, '--out', inFolder(to), '--json', ...words)

test.each(Object.keys(written))(
  'searches of %s are exported in every format',
  async (name) => {
    await searched(name)
    const rows = (await readBenchmark(benchmarkNamed(name), folder)).length
    for (const to of exportTargets) {
      const { stdout } = await exported(to)
      expect([to, JSON.parse(stdout)]).toMatchObject([to, { rows, leftOut: {} }])
    }
  },
  60_000,
)

test.each([
  ['--max-pixels', '50000'],
  ['--option-order', 'shuffled'],
  ['--profile', 'official-32'],
  ['--profile', 'qwen3-vl', '--tools', 'rotate,flip', '--max-pixels', '300000'],
  ['--tell-turns', '--final-answer', '--coordinates', 'thousand', '--max-images', '3'],
  ['--answer', 'last', '--tools', 'enlarge'],
])(
  'an evaluation with %s %s needs no options again',
  async (...words) => {
    await searched('vstar', ...words)
    expect(JSON.parse((await exported('sharegpt', '--all')).stdout)).toMatchObject({ rows: 2 })
  },
  60_000,
)

test('a folder of several runs is told apart from a set, with the names of its runs', async () => {
  await searched('vstar', '--option-order', 'published,shuffled')
  await expect(exported('sharegpt')).rejects.toThrow(
    `${inFolder('run')} holds several runs. Name one of them: options-published, options-shuffled.`,
  )
}, 60_000)
