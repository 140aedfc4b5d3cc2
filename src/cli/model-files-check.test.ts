/** `doctor --model-files`: what is said of a model's files. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatTemplateText, qwenFiles, writeQwenFiles } from '../../test/qwen-files.ts'
import { runCommand } from '../../test/run-command.ts'
import type { ModelFiles } from '../model/renderer/model-files.ts'
import { addDoctor } from './doctor.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function doctor(files: ModelFiles, ...options: string[]): Promise<string> {
  const place = await writeQwenFiles(await mkdtemp(join(folder, 'model-')), files)
  return (await examined(place, ...options)).stdout
}

const examined = (place: string, ...options: string[]) =>
  runCommand([addDoctor], 'doctor', '--model-files', place, ...options)

test('a model whose template keeps what was said is written to as it writes, but for marks in a question', async () => {
  const said = await doctor(qwenFiles(['<think>']))
  expect(said).toMatch(/^ok +family +Qwen2\.5-VL$/m)
  expect(said).toMatch(/^ok +chat template .*You are a helpful assistant.*ends with <\|im_end\|>$/m)
  expect(said).toMatch(/^ok +first prompts +equal to those of the template, token by token, under default, official/m)
  expect(said).toMatch(/^ok +searches +equal to those of the template, token by token, under default, official/m)
  expect(said).toMatch(/^note +marks .*sent as ordinary text.*sent "<" "\|" .* has "<\|im_end\|>"$/m)
  expect(said.match(/^note/gm)).toHaveLength(1)
})

test('what a template does to the turns before is told by its cause', async () => {
  const { findings, usable } = JSON.parse(await doctor(qwenFiles(['<think>'], [], 'qwen3.5'), '--json')) as {
    readonly findings: readonly { readonly check: string; readonly level: string; readonly text: string }[]
    readonly usable: boolean
  }
  expect(usable).toBe(true)
  const notes = findings.filter(({ level }) => level === 'note').map(({ text }) => text)
  expect(notes).toEqual([
    expect.stringMatching(/thoughts of earlier turns.*"<think>"/),
    expect.stringMatching(/special token/),
  ])
  expect(findings.find(({ check }) => check === 'profiles')?.text).toMatch(/tools, qwen3\.5/)
  expect(findings.find(({ check }) => check === 'searches')?.text).toMatch(/under qwen3\.5$/)
})

test('a template that changes what is said is a problem, with the tokens', async () => {
  const text = chatTemplateText('qwen3-vl').replaceAll(
    '{{- content.text }}',
    "{{- content.text | replace('sign', 'mark') }}",
  )
  const files = { ...qwenFiles([], [], 'qwen3-vl'), 'chat_template.jinja': text }
  const { code, stdout } = await examined(await writeQwenFiles(await mkdtemp(join(folder, 'model-')), files))
  expect(stdout).toMatch(
    /^problem +first prompts .*for an unknown reason.*sent "s" "i" "g" "n", the template has "m" "a" "r" "k"$/m,
  )
  expect(code).toBe(1)
})

test('files and a server at once are refused, and files of no known model', async () => {
  const { 'config.json': _, ...files } = qwenFiles()
  const foreign = doctor({ ...files, 'config.json': { model_type: 'gemma3' } })
  await expect(foreign).rejects.toMatchObject({ code: 'model-foreign', exitCode: 2 })
  await expect(doctor(files, '--base-url', 'http://127.0.0.1:1/v1')).rejects.toThrow(
    /leave --base-url and --engine out/,
  )
})
