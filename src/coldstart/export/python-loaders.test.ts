/** What is exported is what Python's own loaders read: `datasets` as TRL uses it, and verl's data set. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { collectedRun } from '../../../test/collected-run.ts'
import { profiles } from '../../protocol/profile.ts'
import { exportSet } from './export-set.ts'
import { readChosenSearches } from './chosen-searches.ts'
import { runRows } from './run-rows.ts'
import type { TrainingRow } from './training-row.ts'
import { imageMark } from './training-row.ts'

const python = process.env['MINI_O3_PYTHON'] ?? 'python3'
const loads = (module: string): boolean => {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const there = loads('datasets')
const note = there ? '' : ' (skipped: no Python with datasets here; MINI_O3_PYTHON names one)'

test.skipIf(!there)(`trl, parquet and verl sets load from any folder, row for row${note}`, async () => {
  const base = await mkdtemp(join(tmpdir(), 'python-loaders-'))
  try {
    const { path, problems } = await collectedRun(base)
    const { searches } = await readChosenSearches(path, { all: false })
    const rows: TrainingRow[] = []
    for await (const row of runRows(searches, { problems, profiles: [profiles.embedded], encoding: 'png' })) {
      rows.push(row)
    }
    const targets = ['trl', 'parquet', 'verl', 'verl-agent'] as const
    for (const to of targets) await exportSet({ rows: stream(rows), to, out: join(base, to) })
    const words = targets.map((to) => `${to}=${join(base, to)}`)
    const script = resolve('test/peers/load-exports.py')
    const said = execFileSync(python, [script, ...words], {
      cwd: base,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const read = JSON.parse(said.trimEnd().split('\n').at(-1)!) as Record<(typeof targets)[number], unknown>
    const whole = await Promise.all(rows.map(wholeRow))
    expect(read.trl).toEqual(whole)
    expect(read.parquet).toEqual(whole)
    // verl is a large package: null where it is not there.
    if (read.verl !== null) {
      expect(read.verl).toEqual(rows.map(({ answer }) => ({ roles: ['system', 'user'], pictures: 1, answer })))
      expect(read['verl-agent']).toEqual(
        rows.map(({ messages, images, answer }) => {
          const roles = ['system', ...messages.slice(0, -1).map(({ role }) => role)]
          return { roles, pictures: images.length, answer }
        }),
      )
    }
  } finally {
    await rm(base, { recursive: true })
  }
})

async function* stream(rows: readonly TrainingRow[]): AsyncGenerator<TrainingRow, void> {
  yield* rows
}

async function wholeRow({ system, messages, images }: TrainingRow): Promise<object> {
  const text = messages.map((message) => message.text).join('')
  const pictures = await Promise.all(images.map(({ bytes }) => sharp(bytes).metadata()))
  return {
    roles: ['system', ...messages.map(({ role }) => role)],
    text: `${system}${text.replaceAll(imageMark, '')}`,
    marks: text.split(imageMark).length - 1,
    sizes: pictures.map(({ width, height }) => [width, height]),
  }
}
