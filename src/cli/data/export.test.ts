import { appendFile, cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { collectedRun } from '../../../test/collected-run.ts'
import type { CollectedRun } from '../../../test/collected-run.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { profileHash, profiles } from '../../protocol/profile.ts'
import { addExport } from './export.ts'

let folder: string
let run: CollectedRun
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-export-'))
  run = await collectedRun(folder)
})
afterAll(() => rm(folder, { recursive: true }))

/** What the command prints on stdout. */
async function mini(...options: string[]): Promise<string> {
  let said = ''
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((said += String(text))))
  try {
    const program = new Command('mini-o3').exitOverride().configureOutput({ writeErr: () => {} })
    addExport(program)
    await program.parseAsync(['export', ...options], { from: 'user' })
    return said
  } finally {
    spy.mockRestore()
  }
}

const inFolder = (name: string): string => join(folder, name)

/** The run's folder with other settings and searches. */
async function runWith(config: object, change: (search: Trajectory) => object = (search) => search): Promise<string> {
  const path = await mkdtemp(inFolder('run-'))
  await writeFile(join(path, 'config.json'), JSON.stringify(config))
  for (const line of (await readFile(join(run.path, 'trajectories.jsonl'), 'utf8')).trimEnd().split('\n')) {
    await appendFile(join(path, 'trajectories.jsonl'), `${JSON.stringify(change(JSON.parse(line) as Trajectory))}\n`)
  }
  return path
}

describe('mini-o3 export', () => {
  it('writes the searches of a run, and says how many', async () => {
    const summary = JSON.parse(await mini(run.path, '--to', 'sharegpt', '--out', inFolder('set'), '--json')) as object
    const pictures = await readdir(join(inFolder('set'), 'images'))
    expect(summary).toMatchObject({ to: 'sharegpt', out: inFolder('set'), rows: 3, files: pictures.length + 4 })
    expect(await mini(run.path, '--to', 'trl', '--pictures', 'jpeg', '--out', inFolder('trl'))).toContain('3 rows with')
    expect((await readdir(join(inFolder('trl'), 'images'))).every((name) => name.endsWith('.jpg'))).toBe(true)
  })

  it('of a collection whose right searches were all left out of its set, names the options that let them in', async () => {
    const config = JSON.parse(await readFile(join(run.path, 'config.json'), 'utf8')) as object
    const withoutZooms = (search: Trajectory): object => ({
      ...search,
      turns: search.turns.slice(-1),
      observations: search.observations.slice(0, 1),
    })
    const path = await runWith({ ...config, selection: { maxSingleTurn: 0 } }, withoutZooms)
    await cp(join(run.path, 'metrics.jsonl'), join(path, 'metrics.jsonl'))
    await expect(mini(path, '--to', 'trl', '--out', inFolder('none'))).rejects.toThrow(
      /has an empty set: right searches were left out \(3\).*--max-single-turn 1 --max-duplicates 1/,
    )
  })

  it('writes a cold-start set as another format, from its folder', async () => {
    await mini(run.path, '--to', 'mini-o3', '--out', inFolder('cold'))
    await mini(inFolder('cold'), '--to', 'sharegpt', '--out', inFolder('again'))
    await mini(run.path, '--to', 'sharegpt', '--out', inFolder('direct'))
    const train = (name: string) => readFile(join(inFolder(name), 'train.json'), 'utf8')
    expect(await train('again')).toBe(await train('direct'))
  })

  it('reads the problems of an evaluation as its benchmark does', async () => {
    const data = inFolder('bench')
    await cp(run.data, join(data, 'VisualProbe_Hard'), { recursive: true })
    await rename(join(data, 'VisualProbe_Hard/train.json'), join(data, 'VisualProbe_Hard/val.json'))
    const path = await runWith({ command: 'eval', benchmark: 'visualprobe-hard', data })
    expect(await mini(path, '--to', 'sharegpt', '--out', inFolder('of-benchmark'))).toContain('3 rows with')
  })

  it.each(['first', 'last'] as const)('reads an evaluation in which the %s answer counted', async (answerPick) => {
    const profile = { name: 'embedded', sha256: profileHash({ ...profiles.embedded, answerPick }) }
    const path = await runWith({ command: 'eval', data: join(run.data, 'train.json') }, (search) => ({
      ...search,
      profile,
    }))
    expect(await mini(path, '--to', 'sharegpt', '--out', inFolder(`${answerPick}-answer`))).toContain('3 rows with')
  })

  it('exports the others with --all', async () => {
    const data = join(run.data, 'train.json')
    const wrong = (search: Trajectory) => ({ ...search, verdict: { kind: 'wrong', reason: 'not it' } })
    const path = await runWith({ command: 'eval', data }, wrong)
    const options = ['--to', 'trl', '--json', '--out']
    await expect(mini(path, ...options, inFolder('none'))).rejects.toMatchObject({
      code: 'export-nothing',
      exitCode: 2,
    })
    expect(JSON.parse(await mini(path, ...options, inFolder('all'), '--all'))).toMatchObject({ rows: 3 })
  })

  it.each(['rl', 'sft'])('says that a run of %s is not a collection', async (command) => {
    const path = await runWith({ command })
    await expect(mini(path, '--to', 'verl', '--out', inFolder('trained'))).rejects.toMatchObject({
      code: 'export-training',
      exitCode: 2,
      message: expect.stringContaining('Name a run of mini-o3 collect or eval'),
    })
  })

  it('refuses a profile that it does not know', async () => {
    const data = run.data
    const sha256 = '0'.repeat(64)
    const other = await runWith({ command: 'collect', data }, (search) => ({
      ...search,
      profile: { name: 'own', sha256 },
    }))
    await expect(mini(other, '--to', 'trl', '--out', inFolder('own'))).rejects.toMatchObject({
      code: 'export-profile-unknown',
      exitCode: 2,
      message: expect.stringContaining('"own"'),
    })
  })

  it('leaves out searches whose text holds marks of a trainer, and says how many', async () => {
    let searches = 0
    const marked = ({ problem, ...search }: Trajectory) => ({
      ...search,
      problem: { ...problem, ...(searches++ === 0 && { question: 'What does <image> mean?' }) },
    })
    const path = await runWith({ command: 'collect', data: run.data }, marked)
    const said = await mini(path, '--to', 'parquet', '--out', inFolder('marked'))
    expect(said).toContain('2 rows with')
    expect(said).toContain('1 search is left out: the text contains <image> (1).')
  })

  it('says what is wrong with the options', async () => {
    const options = ['--to', 'trl', '--out', inFolder('wrong')]
    await expect(mini(inFolder('nowhere'), ...options)).rejects.toMatchObject({ code: 'export-not-found', exitCode: 2 })
    await expect(mini(await runWith({ command: 'ask' }), ...options)).rejects.toMatchObject({ code: 'export-no-data' })
    await expect(mini(await runWith([]), ...options)).rejects.toMatchObject({ code: 'run-config-broken' })
    await expect(mini(run.path, '--to', 'alpaca', '--out', 'x')).rejects.toThrow('alpaca')
    await expect(mini(run.path, ...options, '--data', inFolder('nowhere'))).rejects.toMatchObject({
      code: 'data-not-found',
    })
    await expect(mini(run.path, '--to', 'trl', '--out', folder)).rejects.toMatchObject({ code: 'export-folder-taken' })
  })
})
