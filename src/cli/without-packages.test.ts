/** The program as npm installs it with --omit=optional: what needs a missing package names it with the line to install it, the rest works. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { heicFile } from '../../test/heic-file.ts'
import { startProgram } from '../../test/run-program.ts'
import { writeTinyGguf } from '../../test/tiny-gguf.ts'
import { encodePng } from '../vision/encode.ts'

const preload = new URL('../../test/without-packages.mjs', import.meta.url).href
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'without-'))
  await writeFile(join(folder, 'a.png'), await encodePng({ width: 8, height: 8, data: new Uint8Array(192) }))
  const blocks = [[[90, 80, 70]]] as const
  await writeFile(join(folder, 'a.heic'), heicFile({ blocks }))
  await writeTinyGguf(folder)
})
afterAll(() => rm(folder, { recursive: true }))

const ask = (picture: string, ...words: readonly string[]) => ['ask', picture, 'Which digit?', ...words]
const local = ['--policy', 'local:tiny.gguf']
const sharpLine = 'npm install --include=optional sharp'

test.each([
  ['sharp', ['--version'], 0, ''],
  ['sharp,@resvg,libheif-js,@fugood', ['eval', '--list'], 0, ''],
  ['sharp', ask('a.png', ...local), 2, sharpLine],
  ['sharp', ['demo'], 2, sharpLine],
  ['libheif-js', ask('a.heic', ...local), 2, 'npm install libheif-js'],
  ['@fugood', ask('a.png', ...local), 2, 'npm install @fugood/node-llama-'],
  ['@fugood', ['models', 'list'], 0, ''],
])('without %s, %j ends with status %i', async (without, words, status, line) => {
  const env = { WITHOUT: without, HF_HOME: folder }
  const { code, stdout, stderr } = await startProgram(words, { cwd: folder, env, node: ['--import', preload] }).ended
  expect([code, stderr.includes(line)]).toEqual([status, true])
  expect(stderr).not.toMatch(/\n\s+at /)
  if (words[0] === 'models') expect(stdout).toContain('npm install @fugood/node-llama-')
})
