/** `mini-o3 probe check` and `probe show` as a real child process. Needs `npm run build`. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataIn } from '../../../test/page-file.ts'
import type { ProblemsData } from '../../page/page-data.ts'
import { countParquetRows } from '../../shared/parquet-read.ts'

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))
/** Each test starts the program a few times. */

let base: string
const at = (...names: readonly string[]): string => join(base, ...names)

interface Done {
  readonly code: number
  readonly out: string
  readonly err: string
}

function probe(...options: readonly string[]): Promise<Done> {
  return new Promise((done) => {
    execFile(process.execPath, [program, 'probe', ...options], (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'probe-cli-'))
  const few = ['--train', '2', '--test', '3', '--seed', '4', '--level', 'easy']
  const built = [
    await probe('build', '--out', at('world'), '--kind', 'world', '--side', '2000', '--parquet', '--jobs', '1', ...few),
    await probe('build', '--out', at('shapes'), '--side', '512', '--parquet', '--jobs', '1', ...few),
    await probe('build', '--out', at('rows'), '--no-pictures', ...few),
  ]
  for (const { code, err } of built) if (code !== 0) throw new Error(err)
})
afterAll(() => rm(base, { recursive: true }))

type Row = Record<string, unknown> & { readonly images: readonly [string] }

/** A copy of a set in which the rows of a split were changed. */
async function changed(set: string, name: string, split: string, change: (rows: Row[]) => readonly Row[]) {
  const folder = at(name)
  await cp(at(set), folder, { recursive: true })
  const path = join(folder, `${split}.json`)
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')) as Row[])))
  return folder
}

const rowsOf = async (set: string, split: string): Promise<Row[]> =>
  JSON.parse(await readFile(at(set, `${split}.json`), 'utf8')) as Row[]

describe.each(['world', 'shapes', 'rows'])('a set of %s', (set) => {
  test('is found sound, and its contact sheet shows every problem', async () => {
    const { code, out } = await probe('check', at(set))
    expect([code, out.trim().split('\n').at(-1)]).toEqual([0, 'No faults.'])
    expect(out).toContain(`2 train and 3 test problems${set === 'rows' ? ', without pictures' : ''}`)
    const { ok, faults, byLevel } = JSON.parse((await probe('check', at(set), '--json')).out)
    expect({ ok, faults, crops: byLevel.easy.crops }).toEqual({ ok: true, faults: [], crops: 1 })

    const shown = await probe('show', at(set), '--json', '--out', at(`${set}.html`))
    expect(JSON.parse(shown.out)).toEqual({ page: at(`${set}.html`), problems: 5 })
    const { problems } = dataIn<ProblemsData>(await readFile(at(`${set}.html`), 'utf8'))
    expect(problems).toHaveLength(5)
    expect(problems.every(({ closeUps, targets }) => targets.length > 0 && closeUps.length === targets.length)).toBe(
      true,
    )
    for (const { problem } of await rowsOf(set, 'test')) {
      expect(problems.map(({ question }) => question)).toContain(String(problem).replace('<image>\n', ''))
    }
  })

  test('with a wrong answer is faulty: the row is named, and the exit code is 1', async () => {
    const folder = await changed(set, `${set}-wrong`, 'test', ([first, ...rest]) => [
      { ...first!, solution: 'nothing' },
      ...rest,
    ])
    const { code, out, err } = await probe('check', folder)
    expect(code).toBe(1)
    expect(out).toMatch(/fault: test\.json, row 1 \(\w+\): says nothing, and its scene /)
    expect(err).toContain('Build it again')
  })

  test('with a problem in both splits is faulty', async () => {
    const [shared] = await rowsOf(set, 'test')
    const folder = await changed(set, `${set}-twice`, 'train', (rows) => [...rows, shared!])
    const { code, out } = await probe('check', folder, '--json')
    expect(code).toBe(1)
    const { ok, faults } = JSON.parse(out)
    expect(ok).toBe(false)
    expect(faults.join('\n')).toMatch(/^test\.json, row 1 .* has the scene of train\.json, row 3/m)
  })
})

test.each(['world', 'shapes'])(
  'a set of %s without one of its pictures is faulty, and cannot be shown',
  async (set) => {
    const folder = await changed(set, `${set}-lost`, 'test', (rows) => rows)
    const [first] = await rowsOf(set, 'test')
    await rm(join(folder, first!.images[0]))
    const { code, out } = await probe('check', folder)
    expect(code).toBe(1)
    expect(out).toMatch(/fault: test\.json, row 1 .*missing/i)
    const shown = await probe('show', folder)
    expect(shown.code).toBe(2)
    expect(shown.err).toContain('probe check')
  },
)

test.each(['world', 'shapes'])('--parquet of %s writes a shard a split, and a card that says how', async (set) => {
  expect(await countParquetRows(at(set, 'data', 'train-00000-of-00001.parquet'))).toBe(2)
  expect(await countParquetRows(at(set, 'data', 'test-00000-of-00001.parquet'))).toBe(3)
  const card = await readFile(at(set, 'README.md'), 'utf8')
  expect(card).toContain(`probe build --kind ${set} --train 2 --test 3 --seed 4 --level easy --side `)
})

test('--parquet needs pictures', async () => {
  const { code, err } = await probe('build', '--out', at('bare'), '--test', '1', '--no-pictures', '--parquet')
  expect(code).toBe(2)
  expect(err).toContain('Leave out --no-pictures or --parquet')
})

test('a folder that holds no set, or one of another generator, is an error that says what to do', async () => {
  await mkdir(at('none'))
  for (const options of [
    ['check', at('none')],
    ['show', at('none')],
    ['check', at('nowhere')],
  ]) {
    const { code, out, err } = await probe(...options)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('Name the folder of --out')
  }
  await mkdir(at('old'))
  await writeFile(at('old', 'dataset.json'), '{"kind": "world"}')
  const old = await probe('check', at('old'))
  expect(old.code).toBe(2)
  expect(old.err).toContain('generator 1')
})
