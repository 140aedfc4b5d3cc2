import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as library from '../index.ts'
import type { SearchEvent } from '../index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, string | { types: string; default: string }>
}

test('a search with nothing but the library', async () => {
  const { makeProblem, makeScene, profiles, scenePicture, search, teacherPolicy } = library
  const scene = makeScene(5, 'easy')
  const problem = makeProblem(scene)
  const policy = teacherPolicy({ sceneOf: () => scene })
  const events: SearchEvent[] = []
  const options = { profile: profiles.embedded, maxTurns: 32, seed: 1 }
  for await (const event of search({ picture: scenePicture(scene, 1024), problem }, policy, options)) events.push(event)
  const last = events.at(-1)
  expect(last?.kind === 'ended' && library.judgeExact(problem, last.trajectory.answer).kind).toBe('correct')
})

describe('the entry points', () => {
  const documented = readFileSync(`${root}docs/library.md`, 'utf8')
  const entries = Object.entries(manifest.exports).flatMap(([entry, paths]) =>
    typeof paths === 'string' ? [] : [[entry.replace('.', 'mini-o3'), paths.default] as const],
  )
  test.each(entries)('%s exports the names that docs/library.md lists', async (entry, path) => {
    const exported = (await import(`${root}${path}`)) as Record<string, unknown>
    const row = documented.split('\n').find((line) => line.startsWith(`| \`${entry}\` |`))!
    const listed = [...row.split('|')[3]!.matchAll(/`(\w+)`/g)].map(([, name]) => name)
    expect(listed.toSorted()).toEqual(Object.keys(exported).toSorted())
  })
})

describe('the first file of the program', () => {
  const first = `${root}bin/mini-o3.cjs`
  const start = (nodeVersion: string) => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${nodeVersion}' } })`
    const code = `${pretend}; process.argv.splice(1, 0, ''); process.argv[2] = '--version'; require(${JSON.stringify(first)})`
    return execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', stdio: 'pipe' })
  }

  test.each(['20.18.9', '18.20.8', '8.17.0'])('says on Node %s which Node is needed', (version) => {
    expect(() => start(version)).toThrow(`needs Node 20.19 or newer, and this is Node ${version}`)
  })

  test.each(['20.19.0', '22.0.0', '100.0.0'])('starts the program on Node %s', (version) => {
    expect(start(version)).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('says that a build which was broken off has to be made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'half-built-'))
    try {
      await mkdir(join(folder, 'dist/cli'), { recursive: true })
      await writeFile(join(folder, 'dist/cli/main.js'), 'process.stdout.write("started")')
      await cp(`${root}bin`, join(folder, 'bin'), { recursive: true })
      await cp(`${root}package.json`, join(folder, 'package.json'))
      const started = () => execFileSync(process.execPath, [join(folder, 'bin/mini-o3.cjs')], { stdio: 'pipe' })
      expect(started).toThrow('mini-o3: is not built. Run "npm run build" in ')
      await writeFile(join(folder, 'dist/sources.sha256'), '')
      expect(String(started())).toBe('started')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('is in the syntax of old Nodes', () => {
    expect(readFileSync(first, 'utf8')).not.toMatch(/=>|`|\b(?:const|let|class|async|await|import)\b|\?\?|\?\./)
  })
})
