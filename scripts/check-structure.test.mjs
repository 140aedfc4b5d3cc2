/** The structure check finds each thing it promises to find, names file and line, and finds nothing in good files. */
import { expect, test } from 'vitest'
import {
  checkCircles,
  checkLock,
  checkNames,
  checkOwned,
  checkLayers,
  checkShape,
  checkSlips,
  importsOf,
  maxLines,
} from './check-structure.mjs'

const file = (path, ...lines) => ({ path, text: lines.join('\n') })
const where = (findings) => findings.map(({ path, line }) => `${path}:${line}`)

test('finds every kind of relative import, on its line', () => {
  const found = importsOf(
    file(
      'src/search/loop.ts',
      "import { z } from 'zod'",
      'import {',
      '  type Policy,',
      "} from '../policy/policy.ts'",
      "export * from './events.ts'",
      "import '../shared/random.ts'",
      "const later = await import('../engine/engine.ts')",
      "new Worker(new URL('./worker.ts', import.meta.url))",
      "readFile(new URL('../../models/a.safetensors', import.meta.url))",
      "const text = 'taken from ./nowhere.ts'",
    ),
  )
  expect(found.toSorted((a, b) => a.line - b.line)).toMatchObject([
    { target: 'src/policy/policy.ts', line: 4 },
    { target: 'src/search/events.ts', line: 5 },
    { target: 'src/shared/random.ts', line: 6 },
    { target: 'src/engine/engine.ts', line: 7 },
    { target: 'src/search/worker.ts', line: 8 },
  ])
})

test('imports run downwards; tests may reach up; an unknown layer and a way out of src are findings', () => {
  expect(where(checkLayers([file('src/search/loop.ts', "import type { P } from '../policy/policy.ts'")]))).toEqual([])
  expect(where(checkLayers([file('src/policy/policy.ts', '', "import { s } from '../search/loop.ts'")]))).toEqual([
    'src/policy/policy.ts:2',
  ])
  expect(where(checkLayers([file('src/policy/policy.test.ts', "import { s } from '../search/loop.ts'")]))).toEqual([])
  expect(where(checkLayers([file('src/helpers/a.ts', '')]))).toEqual(['src/helpers/a.ts:1'])
  expect(where(checkLayers([file('src/cli/a.ts', "import { b } from '../../bench/b.ts'")]))).toEqual(['src/cli/a.ts:1'])
})

test('a layer imports from the layers that are listed for it, and pages import no code of the server', () => {
  const imports = (path, line) => where(checkLayers([file(path, line)]))
  expect(imports('src/runs/a.ts', "import { parseTurn } from '../protocol/parse-turn.ts'")).toEqual([])
  expect(imports('src/search/a.ts', "import { scene } from '../probe/scene.ts'")).toEqual(['src/search/a.ts:1'])
  expect(imports('web/a.tsx', "import { b } from './b.tsx'")).toEqual([])
  expect(imports('web/a.tsx', "import type { Row } from '../src/server/api/types.ts'")).toEqual([])
  expect(imports('web/a.tsx', "import { rows } from '../src/server/api/rows.ts'")).toEqual(['web/a.tsx:1'])
  expect(imports('src/page/a.ts', "import { b } from '../../web/b.tsx'")).toEqual(['src/page/a.ts:1'])
})

test('a name that two layers export is found once, unless it is on the list; one that is mended leaves the list', () => {
  const both = [file('src/page/a.ts', 'export const rows = 1'), file('web/b.tsx', '', 'export function rows() {}')]
  const within = [file('src/page/a.ts', 'export type Row = 1'), file('src/page/b.ts', 'export interface Row {}')]
  expect(where(checkNames(both))).toEqual(['web/b.tsx:2'])
  expect(checkNames(within)).toEqual([])
})

test('train uses engine through its interface alone', () => {
  const train = (...imports) => [file('src/train/rl/run.ts', ...imports.map((path) => `import { a } from '${path}'`))]
  expect(checkLayers(train('../../engine/engine.ts', '../learner.ts'))).toEqual([])
  const [found, ...more] = checkLayers(train('../../engine/engine.ts', '../../engine/tinker/wire-chunks.ts'))
  expect([where([found]), more]).toEqual([['src/train/rl/run.ts:2'], []])
  expect(found.message).toContain("'train' uses 'engine' through src/engine/engine.ts alone")
  expect(checkLayers([file('src/policy/a.ts', "import { a } from '../engine/embedded/embedded-engine.ts'")])).toEqual(
    [],
  )
})

test('a forwarding file may reach up, as long as it only exports', () => {
  const line = "export { openRun } from '../runs/run-folder.ts'"
  const forward = (...lines) => [{ path: 'src/shared/run-folder.ts', text: ['/** Moved. */', ...lines, ''].join('\n') }]
  expect(checkLayers(forward(line))).toEqual([])
  expect(where(checkLayers(forward(line, 'export const more = 1')))).toEqual(['src/shared/run-folder.ts:2'])
})

test('a circle of files is found once, at the import that closes it', () => {
  const circle = [
    file('src/model/a.ts', "import type { B } from './b.ts'"),
    file('src/model/b.ts', '', "import type { C } from './c.ts'"),
    file('src/model/c.ts', '', '', "import type { A } from './a.ts'"),
    file('src/model/d.ts', "import type { A } from './a.ts'", "import type { C } from './c.ts'"),
  ]
  const findings = checkCircles(circle)
  expect(where(findings)).toEqual(['src/model/c.ts:3'])
  expect(findings[0].message).toContain('src/model/a.ts -> src/model/b.ts -> src/model/c.ts -> src/model/a.ts')
  expect(checkCircles(circle.slice(1))).toEqual([])
})

test('long files are found, tests and pages too; so are files without an opening sentence, tests excepted', () => {
  const long = `/** Long. */\n${'x\n'.repeat(maxLines)}`
  expect(where(checkShape([{ path: 'src/model/long.ts', text: long }]))).toEqual([`src/model/long.ts:${maxLines + 1}`])
  expect(checkShape([{ path: 'src/model/long.ts', text: long.slice(0, -2) }])).toEqual([])
  for (const path of ['src/model/long.test.ts', 'test/kit.ts']) {
    expect(where(checkShape([{ path, text: long }]))).toEqual([`${path}:${maxLines + 1}`])
    expect(checkShape([file(path, 'export {}')])).toEqual([])
  }
  expect(where(checkShape([file('web/page.tsx', 'export {}')]))).toEqual(['web/page.tsx:1'])
  expect(where(checkShape([file('src/model/mute.ts', 'export {}')]))).toEqual(['src/model/mute.ts:1'])
  expect(checkShape([file('scripts/a.mjs', '#!/usr/bin/env node', '/** Says it. */')])).toEqual([])
})

test('paths of one machine and package registries are found; relative paths and words are not', () => {
  // Put together, since this file is checked too.
  const machine = ['see /', 'work/main/notes and https://', 'registry.example.org'].join('')
  expect(where(checkSlips([file('README.md', '', machine)]))).toEqual(['README.md:2', 'README.md:2'])
  expect(checkSlips([file('README.md', 'runs/work/a, src/tmp/b, a homework/assignment, ./work/a')])).toEqual([])
})

test('a name of a policy is read in the registry alone', () => {
  const reading = ["if (policy === 'teacher') x()", "policy.startsWith('chat:')", "name.startsWith('embedded:')"]
  expect(where(checkOwned([file('src/page/step.ts', ...reading)]))).toEqual(
    [1, 2, 3].map((n) => `src/page/step.ts:${n}`),
  )
  const allowed = [
    'policy !== undefined',
    "engine === 'embedded'",
    "weights.startsWith('tinker://')",
    "const policy = 'teacher'",
  ]
  expect(checkOwned([file('src/page/step.ts', ...allowed), file('src/policy/registry/kinds.ts', ...reading)])).toEqual(
    [],
  )
})

test('files of a run folder are named and defined in src/runs alone', () => {
  const naming = [
    "join(folder, 'metrics.jsonl')",
    'readFile(`${folder}/config.json`)',
    "run.file('lock')",
    'const log: Log<Line> = {',
  ]
  expect(where(checkOwned([file('src/page/step.ts', ...naming)]))).toEqual(
    [1, 2, 3, 4].map((n) => `src/page/step.ts:${n}`),
  )
  const allowed = ["files['tokenizer_config.json']", "'problems.jsonl'", 'read(log: Log<Line>)', '// metrics.jsonl']
  expect(checkOwned([file('src/page/step.ts', ...allowed), file('src/runs/log.ts', ...naming)])).toEqual([])
})

test("a judge's name is read in its registry alone", () => {
  const reading = ["judge === 'exact'", "name.startsWith('llm:')", '/^llm:(.*)$/.exec(name)']
  expect(where(checkOwned([file('src/page/step.ts', ...reading)]))).toEqual(
    [1, 2, 3].map((n) => `src/page/step.ts:${n}`),
  )
  const allowed = ["'--judge llm:<model>'", 'judge !== undefined', "judge: 'llm'"]
  expect(checkOwned([file('src/page/step.ts', ...allowed), file('src/judge/registry.ts', ...reading)])).toEqual([])
})

test('the lock file may hold no install script and no resolved URL', () => {
  const lock = { packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { hasInstallScript: true } } }
  const findings = checkLock({ path: 'package-lock.json', text: JSON.stringify(lock, null, 2) })
  expect(where(findings)).toEqual(['package-lock.json:7'])
  expect(findings[0].message).toContain('node_modules/b')
  const resolved = JSON.stringify({ packages: { 'node_modules/a': { resolved: 'https://host/a.tgz' } } }, null, 2)
  expect(where(checkLock({ path: 'package-lock.json', text: resolved }))).toEqual(['package-lock.json:4'])
})

test('one file listens for aborts, and one sets the exit status', () => {
  const wrong = ["signal.addEventListener('abort', stop)", 'process.exitCode = 1']
  expect(where(checkOwned([file('src/page/step.ts', ...wrong)]))).toEqual([1, 2].map((n) => `src/page/step.ts:${n}`))
  const allowed = ["picture.addEventListener('load', show)", 'process.exit(error.exitCode)']
  const owners = [file('src/shared/deadline.ts', wrong[0]), file('src/cli/run-program.ts', wrong[1])]
  expect(checkOwned([file('src/page/step.ts', ...allowed), ...owners])).toEqual([])
})
