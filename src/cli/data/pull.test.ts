/** `mini-o3 data pull`: benchmarks from a hub that is played by real servers, then checked and searched as they lie. */
import { lstat, mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startPlayedHub } from '../../../test/played-hub.ts'
import type { PlayedHub, PlayedRepository } from '../../../test/played-hub.ts'
import { runCommand } from '../../../test/run-command.ts'
import { benchmarks } from '../../benchmark/catalog.ts'
import { addEval } from '../eval/eval.ts'
import { addData } from './pull.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const documents: PlayedRepository = {
  kind: 'datasets',
  files: Object.fromEntries(
    ['train', 'validation', 'test'].flatMap((split) =>
      [0, 1].map((part) => [`InfographicVQA/${split}-0000${part}-of-00002.parquet`, Buffer.from(`${split} ${part}`)]),
    ),
  ),
}
let vstar: PlayedRepository
let probe: PlayedRepository
beforeAll(async () => {
  // Large enough to lie in the store; two of them alike, so one blob.
  const jpeg = await sharp({
    create: {
      width: 640,
      height: 480,
      channels: 3,
      background: '#567',
      noise: { type: 'gaussian', mean: 99, sigma: 30 },
    },
  })
    .jpeg()
    .toBuffer()
  const question = (category: string, image: string): string =>
    JSON.stringify({
      image: `${category}/${image}`,
      text: 'Which colour is it?\n(A) red\n(B) blue\nAnswer with the letter.',
      category,
      label: 'B',
      question_id: 1,
    })
  const lines = [question('direct_attributes', 'sa_1.jpg'), question('relative_position', 'sa_2.jpg')]
  vstar = {
    kind: 'datasets',
    files: {
      'README.md': Buffer.from('# V*\n'),
      'test_questions.jsonl': Buffer.from(lines.join('\n')),
      'direct_attributes/sa_1.jpg': jpeg,
      'direct_attributes/sa_1.json': json({ question: 'Which?', options: ['blue', 'red'] }),
      'relative_position/sa_2.jpg': jpeg,
      'OCR/extra.jpg': jpeg,
    },
  }
  const row = (n: number) => ({
    images: [`VisualProbe_Hard/data/p${n}.jpg`],
    problem: '<image>\nWhich colour is it?',
    solution: 'blue',
    doc_id: `p${n}`,
    data_source: 'visual_probe_hard',
  })
  probe = {
    kind: 'datasets',
    files: { 'val.json': json([row(1), row(2)]), 'data/p1.jpg': jpeg, 'data/p2.jpg': jpeg.subarray() },
  }
})

let folder: string
let hub: PlayedHub
const data = (): string => join(folder, 'downloads')
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-data-'))
  hub = await startPlayedHub({
    'craigwu/vstar_bench': vstar,
    'Mini-o3/VisualProbe_Hard': probe,
    'lmms-lab/DocVQA': documents,
  })
  vi.stubEnv('HF_ENDPOINT', hub.endpoint)
  vi.stubEnv('HF_HUB_CACHE', join(folder, 'cache'))
  vi.stubEnv('HF_HUB_OFFLINE', '')
  vi.stubEnv('HF_TOKEN', 'hf_secretSecretSecretSecret0123456789')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub.close()
  await rm(folder, { recursive: true })
})

const pull = (name: string) => runCommand([addData], 'data', 'pull', name, '--data', data(), '--yes', '--json')

/** What `eval --check` finds, but for the number of problems, which is not that of the whole set. */
async function findings(benchmark: string): Promise<readonly string[]> {
  const { stdout } = await runCommand(
    [addEval],
    'eval',
    '--benchmark',
    benchmark,
    '--data',
    data(),
    '--check',
    '--json',
  )
  const { problems, findings: all } = JSON.parse(stdout) as {
    problems: number
    findings: readonly { code: string; message: string }[]
  }
  expect(problems).toBe(2)
  return all.map(({ code }) => code).filter((code) => !['count', 'labels', 'slice'].includes(code))
}

test.each([
  ['vstar', 'vstar_bench', ['direct_attributes', 'relative_position', 'test_questions.jsonl']],
  ['visualprobe-hard', 'VisualProbe_Hard', ['data', 'val.json']],
])('%s is fetched without what is no part of it, linked, and read whole', async (name, link, names) => {
  const { code, stdout } = await pull(name)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ benchmark: name, folder: join(data(), link) })
  expect((await readdir(join(data(), link))).toSorted()).toEqual(names)
  expect(await readlink(join(data(), link))).toContain(join(folder, 'cache', 'datasets--'))
  expect(await findings(name)).toEqual([])
  // Pictures that are alike are one blob, fetched once.
  expect(hub.asked.filter(({ at }) => at === 'store')).toHaveLength(1)
  const before = hub.asked.length
  await pull(name)
  expect(hub.asked.length).toBe(before + 1)
})

test('of a set with several splits only the files of its own are fetched', async () => {
  expect((await pull('infovqa')).code).toBe(0)
  expect((await readdir(join(data(), 'DocVQA', 'InfographicVQA'))).toSorted()).toEqual([
    'validation-00000-of-00002.parquet',
    'validation-00001-of-00002.parquet',
  ])
})

test('a push is followed, and the link with it', async () => {
  await pull('vstar')
  const old = await readlink(join(data(), 'vstar_bench'))
  hub.push('craigwu/vstar_bench', {
    ...vstar,
    files: { ...vstar.files, 'direct_attributes/sa_3.jpg': Buffer.from('x') },
  })
  await pull('vstar')
  expect(await readlink(join(data(), 'vstar_bench'))).not.toBe(old)
  expect(await readdir(join(data(), 'vstar_bench', 'direct_attributes'))).toContain('sa_3.jpg')
})

describe('refused before anything is fetched', () => {
  test.each([
    ['without --yes at no terminal', 'vstar', [], 'consent-missing'],
    ['a benchmark of the user’s own', 'problems', ['--yes'], 'data-not-pulled'],
    ['an unknown benchmark', 'vstar2', ['--yes'], 'benchmark-unknown'],
    ['a data set that is not there', 'hr-bench-4k', ['--yes'], 'hub-not-found'],
  ])('%s', async (_, name, words, code) => {
    const failed = runCommand([addData], 'data', 'pull', name, '--data', data(), ...words)
    await expect(failed).rejects.toMatchObject({ code, exitCode: 2 })
    expect(await readdir(folder)).toEqual([])
  })

  test('a folder that is somebody’s own is left alone', async () => {
    await mkdir(join(data(), 'vstar_bench'), { recursive: true })
    await expect(pull('vstar')).rejects.toMatchObject({ code: 'data-there', exitCode: 2 })
    expect((await lstat(join(data(), 'vstar_bench'))).isDirectory()).toBe(true)
  })

  test('a data set that no longer holds the files', async () => {
    hub.push('craigwu/vstar_bench', { kind: 'datasets', files: { 'vstar.parquet': Buffer.from('x') } })
    await expect(pull('vstar')).rejects.toMatchObject({
      code: 'data-moved',
      message: expect.stringContaining('test_questions.jsonl'),
    })
  })
})

test('every benchmark that can be fetched says from which of its data sets, and --list with which command', async () => {
  const pulled = benchmarks.filter((benchmark) => benchmark.pull !== undefined)
  expect(pulled.length).toBeGreaterThanOrEqual(8)
  for (const { pull: own, datasets } of pulled) expect(datasets).toContain(own?.dataset)
  const { stdout } = await runCommand([addEval], 'eval', '--list')
  for (const { name, pull: own } of pulled) {
    expect(stdout).toContain(`mini-o3 data pull ${name}\n`)
    expect(stdout).toContain(`https://huggingface.co/datasets/${own?.dataset}`)
  }
})
