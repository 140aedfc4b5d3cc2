/** Several pictures in a question of `ask`, `eval` and `collect`, against an endpoint that is scripted: what it is sent, and what is kept. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dataIn } from '../../test/page-file.ts'
import { runCommand } from '../../test/run-command.ts'
import { startScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import type { SearchesData } from '../page/page-data.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import { sha256 } from '../shared/canonical.ts'
import { addAsk } from './ask.ts'
import { addCollect } from './data/collect.ts'
import { addEval } from './eval/eval.ts'

let folder: string
let files: string[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ask-'))
  files = ['red', 'blue'].map((name) => join(folder, `${name}.png`))
  for (const [index, file] of files.entries()) {
    const background = index === 0 ? '#f00' : '#00f'
    await sharp({ create: { width: 300 + index, height: 200, channels: 3, background } })
      .png()
      .toFile(file)
  }
})
afterAll(() => rm(folder, { recursive: true }))

const question = 'Which one is warmer?'

test('two pictures go out under their names, and both are kept and shown', async () => {
  const zoom = '<grounding>{"bbox_2d": [0.1, 0.1, 0.4, 0.6], "source": "original_image_2"}</grounding>'
  const server = await startScriptedEndpoint({ script: [zoom, '<answer>the first</answer>'] })
  const run = join(folder, 'run')
  try {
    const options = ['--policy', 'chat:test-vlm', '--base-url', server.baseUrl, '--run', run, '--json']
    const { code, stdout } = await runCommand([addAsk], 'ask', ...files, question, ...options)
    expect([code, server.violations]).toEqual([0, []])
    const { trajectory: path, page, answer } = JSON.parse(stdout)
    expect(answer).toBe('the first')

    const { text, images } = server.requests[0]!.messages[1]!
    expect(text).toMatch(/^There are 2 pictures.*original_image_1:\n\noriginal_image_2:\n\nWhich one is warmer\?$/s)
    expect(images.map(({ width }) => width)).toEqual([300, 301])
    expect(server.requests[1]!.messages.at(-1)!.text).toContain('observation_1')

    const trajectory = trajectorySchema.parse(JSON.parse(await readFile(path, 'utf8')))
    expect(trajectory.observations.map(({ parent }) => parent)).toEqual([null, null, 1])
    const hashes = await Promise.all(files.map(async (file) => sha256(await readFile(file))))
    expect([trajectory.picture.sha256, trajectory.furtherPictures?.[0]?.sha256]).toEqual(hashes)
    expect((await readdir(join(run, 'images'))).toSorted()).toEqual(hashes.map((hash) => `${hash}.png`).toSorted())
    const [shown] = dataIn<SearchesData>(await readFile(page, 'utf8')).searches
    expect(shown?.pictures).toMatchObject({ furtherOriginals: { length: 1 }, crops: { length: 3 } })

    const again = runCommand([addAsk], 'ask', ...files.toReversed(), question, ...options)
    await expect(again).rejects.toThrow('furtherPictures')
  } finally {
    await server.close()
  }
})

test('what is meant as a question without quotes is told apart from pictures', async () => {
  const asked = ['--policy', 'chat:m', '--base-url', 'http://127.0.0.1:9/v1']
  await expect(runCommand([addAsk], 'ask', files[0]!, 'Which', 'one?', ...asked)).rejects.toThrow(
    'There is no file Which. Check the path. Every argument but the last is a picture: put the question in quotes.',
  )
})

test('a question in front of its picture is told where it belongs', async () => {
  const asked = ['--policy', 'chat:m', '--base-url', 'http://127.0.0.1:9/v1']
  await expect(runCommand([addAsk], 'ask', question, files[0]!, ...asked)).rejects.toThrow(
    `The pictures come first, then the question: mini-o3 ask ${files[0]} "..."`,
  )
})

test('policies and profiles of one picture say so before anything is opened', async () => {
  const digit = 'Which digit is on the red heart?'
  await expect(runCommand([addAsk], 'ask', ...files, digit, '--policy', 'embedded')).rejects.toMatchObject({
    code: 'too-many-pictures',
    message: expect.stringContaining('vision-language model') as unknown,
  })
  const official = ['--policy', 'chat:m', '--base-url', 'http://127.0.0.1:9/v1', '--profile', 'official']
  await expect(runCommand([addAsk], 'ask', ...files, question, ...official)).rejects.toThrow(
    'The profile "official" takes one picture',
  )
})

test.each(['eval', 'collect'])('%s asks about all pictures of a row, and its page shows them', async (command) => {
  const row = { images: ['red.png', 'blue.png'], problem: `<image>\n<image>\n${question}`, solution: 'the first' }
  const data = join(folder, 'test.json')
  await writeFile(data, JSON.stringify([{ ...row, data_source: 'own', doc_id: '1' }]))
  const server = await startScriptedEndpoint({ script: ['<think>Seen.</think><answer>the first</answer>'] })
  try {
    const options = [
      '--policy',
      'chat:test-vlm',
      '--base-url',
      server.baseUrl,
      '--run',
      join(folder, command),
      '--json',
    ]
    const shots = command === 'collect' ? ['--shots', '0', '--max-single-turn', '1'] : []
    const { stdout } = await runCommand([addEval, addCollect], command, '--data', data, ...options, ...shots)
    expect(server.requests[0]!.messages[1]!.images.map(({ width }) => width)).toEqual([300, 301])
    const [shown] = dataIn<SearchesData>(await readFile(JSON.parse(stdout).page, 'utf8')).searches
    expect(shown?.pictures).toMatchObject({ furtherOriginals: { length: 1 } })
  } finally {
    await server.close()
  }
})
