/** `mini-o3 view`: figures and pages as files by the program as a real child process, wrong options in this one. Needs `npm run build`. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dataIn } from '../../../test/page-file.ts'
import { runCommand } from '../../../test/run-command.ts'
import { startProgram, startServer } from '../../../test/run-program.ts'
import { searched } from '../../../test/searched.ts'
import type { SearchesData } from '../../page/page-data.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { exitCodeOf, messageOf } from '../../shared/errors.ts'
import { addView } from './view.ts'

let folder: string
let run: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-view-'))
  run = join(folder, 'run')
  await mkdir(run)
  await writeFile(join(run, 'config.json'), '{"command":"eval","temperature":0.3}')
  const problems = [5, 6].map((seed) => makeProblem(makeScene(2 ** 31 + seed, 'easy', 4)))
  const searches = problems.flatMap((problem) =>
    [0, 1].map((sampleIndex) => ({ ...searched([0, 1]), problem, sampleIndex })),
  )
  await writeFile(join(run, 'trajectories.jsonl'), searches.map((one) => `${JSON.stringify(one)}\n`).join(''))
  await mkdir(join(folder, 'nothing'))
  await writeFile(join(folder, 'nothing', 'config.json'), '{"command":"eval"}')
  await mkdir(join(folder, 'odd', 'trajectories.jsonl'), { recursive: true })
  await writeFile(join(folder, 'odd', 'config.json'), '{"command":"eval"}')
})
afterAll(() => rm(folder, { recursive: true }))

const view = (...options: string[]) => startProgram(['view', ...options], { cwd: folder }).ended

const named = (seed: number): string => makeProblem(makeScene(2 ** 31 + seed, 'easy', 4)).docId

test('a figure of the search that is named', async () => {
  const options = ['run', '--figure', 'a.png', '--problem', named(6), '--sample', '2', '--json']
  const { code, stdout } = await view(...options)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    sample: 2,
    turns: 3,
    figure: expect.stringContaining('a.png') as string,
  })
  expect((await sharp(join(folder, 'a.png')).metadata()).width).toBeGreaterThan(1500)
})

test.each([
  [['run', '--figure', 'b.bmp'], 'name a file such as figure.png'],
  [['run', '--figure', 'b.png'], 'has 2 problems. Name one with --problem, such as'],
  [['run', '--figure', 'b.png', '--problem', 'nowhere'], 'No problem is named nowhere'],
  [['run', '--figure', 'b.png', '--problem', named(5), '--sample', '9'], 'name one of 1, 2 with --sample'],
  [['nothing', '--figure', 'b.png'], 'has no searches'],
  [['odd', '--figure', 'b.png'], 'The log of this run cannot be read (not a plain file)'],
  [['odd', '--export', 'b.site'], 'The log of this run cannot be read (not a plain file)'],
  [['folder', '--figure', 'b.png'], 'is not a run folder'],
  [['run', '--figure', 'b.png', '--export', 'site'], 'cannot be used with'],
  [['run', '--problem', named(5)], 'add --figure'],
  [['run', '--export', 'site', '--sample', '1'], 'add --figure'],
  [['run', '--limit', '5'], 'add --export'],
  [['run', '--try', 'shipped'], 'add --export'],
  [['run', '--export', 'b.site', '--try', 'nowhere.safetensors'], 'No checkpoint at nowhere.safetensors'],
  [['run', 'nothing', '--export', 'b.site', '--try', 'shipped'], 'leave the second run out'],
  [['run', 'run'], 'Both are the same run'],
  [['run', 'nothing', '--figure', 'b.png'], 'leave the second run out'],
  [['run', 'nothing', '--export', 'b.site'], 'have no problem in common'],
])('what is wrong ends with exit 2, the fix and nothing written: %j', async (options, fix) => {
  const words = options.map((word) => (/^(run|nothing|odd|folder|site|b\..*)$/.test(word) ? join(folder, word) : word))
  const error: unknown = await runCommand([addView], 'view', ...words).catch((thrown: unknown) => thrown)
  expect([exitCodeOf(error), messageOf(error)]).toEqual([2, expect.stringContaining(fix)])
  expect((await readdir(folder)).filter((name) => name.startsWith('b.'))).toEqual([])
})

test('looking at a run opens pages and nothing that searches', async () => {
  const { url, stop } = await startServer(['view', 'run'], { cwd: folder })
  expect(url).toMatch(/#\/run\/run$/)
  const status = async (path: string, method = 'GET') =>
    (await fetch(new URL(path, url), { method, ...(method === 'POST' && { body: '{}' }) })).status
  expect(await status('/')).toBe(200)
  expect(await status('/api/runs/run/items/0')).toBe(200)
  expect(await (await fetch(new URL('/api/setup', url))).json()).toMatchObject({ policies: [], scenes: [] })
  expect(await status('/v1/models')).toBe(404)
  for (const path of ['/v1/chat/completions', '/mcp', '/api/asks']) expect(await status(path, 'POST')).toBe(404)
  expect(await stop()).toMatchObject({ code: 0, signal: null })
})

test('pages as files are written once: a page that is there is left as it is, one that is gone is written again', async () => {
  expect((await view('run', '--export', 'site')).stdout).toContain('4 searches for 2 problems')
  const site = join(folder, 'site')
  const names = await readdir(site)
  const [kept, gone] = names.filter((name) => name !== 'index.html') as [string, string]
  const { mtimeMs } = await stat(join(site, kept))
  await rm(join(site, gone))
  expect((await view('run', '--export', 'site')).stdout).toContain('4 searches for 2 problems')
  expect(await readdir(site)).toEqual(names)
  expect((await stat(join(site, kept))).mtimeMs).toBe(mtimeMs)
})

test('a site replaces no page of others, and no run or file becomes one', async () => {
  const mine = join(folder, 'mine')
  const page = join(mine, 'index.html')
  await mkdir(mine)
  await writeFile(page, '<p>mine</p>')
  const fixes = [
    [join(folder, 'run'), 'is the folder of a run'],
    [mine, 'is not a page of searches'],
    [page, 'is a file'],
  ] as const
  for (const [to, fix] of fixes) {
    const words = [join(folder, 'run'), '--export', to]
    const error: unknown = await runCommand([addView], 'view', ...words).catch((thrown: unknown) => thrown)
    expect([exitCodeOf(error), messageOf(error)]).toEqual([2, expect.stringContaining(fix)])
  }
  expect(await readFile(page, 'utf8')).toBe('<p>mine</p>')
  expect(await readdir(mine)).toEqual(['index.html'])
})

test('--try adds a page that searches, and links from every search of a scene to its scene there', async () => {
  const { code, stderr } = await view('run', '--export', 'with-try', '--try', 'shipped')
  expect([code, stderr]).toEqual([0, ''])
  const site = join(folder, 'with-try')
  const names = await readdir(site)
  expect(names).toContain('try.html')
  const pages = await Promise.all(
    names.filter((name) => name.startsWith('problem-')).map((name) => readFile(join(site, name), 'utf8')),
  )
  const links = pages.flatMap((page) => dataIn<SearchesData>(page).searches.map(({ again }) => again))
  const linked = (seed: number) =>
    `try.html#/scene/easy/${2 ** 31 + seed}?digit=4&turns=${searched([]).maxTurns}&temperature=0.3&seed=${searched([]).seed}`
  expect(links.toSorted()).toEqual([linked(5), linked(5), linked(6), linked(6)])
})
