/** Training a vision-language model on a server, as real processes. Needs `npm run build`. */
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPlayedHub } from '../../../test/played-hub.ts'
import { qwenFiles, writeQwenFiles } from '../../../test/qwen-files.ts'
import { runLines } from '../../../test/run-lines.ts'
import { startProgram } from '../../../test/run-program.ts'
import type { Ended } from '../../../test/run-program.ts'
import { startTinkerServer, type TinkerServer } from '../../../test/tinker-server.ts'
import { tinyFolder } from '../../../test/tinker-runs.ts'
import { bigramComputing, serveVlm } from '../../../test/tinker-vlm-model.ts'
import { freshBigram, tinyVlm, tinyVlmFiles } from '../../../test/tiny-vlm.ts'

const shipped = 'qwen2.5-vl-7b'

let folder: string
let server: TinkerServer
let engine: string[]
beforeAll(async () => {
  folder = await tinyFolder()
  const make = async () => serveVlm(tinyVlm, bigramComputing(freshBigram()))
  server = await startTinkerServer({
    folder: join(folder, 'server'),
    modelName: 'Qwen/Tiny-VL',
    make,
    codec: 'protobuf',
  })
  engine = ['--engine', `tinker:${server.url}`]
  await writeQwenFiles(join(folder, 'files'), tinyVlmFiles)
  await mini('probe', 'build', '--out', 'd', '--train', '4', '--test', '2', '--level', 'easy', '--no-pictures')
  await mini('collect', '--data', 'd', '--target', '2', '--run', 'collected')
})
afterAll(() => server.close())

const mini = (...words: string[]): Promise<Ended> =>
  startProgram(words, { cwd: folder, env: { HF_HUB_CACHE: join(folder, 'hub') } }).ended

const files = ['--model-files', 'files']
const few = ['--problems-per-step', '1', '--group-size', '2', '--max-sampling-rounds', '1', '--max-turns', '2']
const data = ['rl', '--data', 'd']
const rl = [...data, '--steps', '1', ...few]

describe('a vision-language model on a server', () => {
  test('learns searches, then by reinforcement from there; its rollouts and what the server does otherwise are kept', async () => {
    const sft = await mini(
      'sft',
      '--data',
      'collected',
      '--steps',
      '2',
      '--batch',
      '2',
      ...files,
      ...engine,
      '--run',
      's',
    )
    expect(sft.code, sft.stderr).toBe(0)
    expect(sft.stdout).toContain('Trained on 2 trajectories. The weights are on the server')
    const from = ['--from', 's/policy.json', '--old-logprobs', 'trainer', '--max-tokens', '40']
    const trained = await mini(...rl, ...files, ...engine, ...from, '--run', 'r', '--json')
    expect(trained.code, trained.stderr).toBe(0)
    // After two steps of SFT no search is right, so no group has anything to learn from.
    expect(JSON.parse(trained.stdout)).toMatchObject({ ended: 'unlearned', steps: 1 })
    const { deviations } = JSON.parse(await readFile(join(folder, 'r', 'engine.json'), 'utf8')) as {
      deviations: string[]
    }
    expect(deviations.join()).toMatch(/vision tower/)
    const [rollout] = (await readFile(join(folder, 'r', 'rollouts.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(rollout!)).toMatchObject({
      step: 1,
      trajectory: { policy: 'vlm', profile: { name: 'official-train' } },
    })
    // A run goes on with the tokens that it began with, and no others.
    const qwenOf = await writeQwenFiles(join(folder, 'other'), qwenFiles(['<think>']))
    const other = await mini(...rl, '--model-files', qwenOf, ...engine, ...from, '--run', 'r')
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('tokenizer')])
    const measured = [
      'eval',
      '--data',
      'd',
      '--policy',
      'tinker',
      '--base-url',
      server.url,
      '--checkpoint',
      'r/policy.json',
    ]
    const scored = await mini(...measured, ...files, '--limit', '2', '--samples', '2', '--reply-tokens', '40', '--json')
    // Weights that have hardly learned may come to no answer at all, which is exit 1 with the whole result.
    expect(JSON.parse(scored.stdout), scored.stderr).toMatchObject({ problems: 2, samples: 2 })
    expect(server.violations).toEqual([])
  })

  test('--plan with the settings of the paper sends nothing, and options that were typed count more', async () => {
    const before = server.requests.length
    const config = ['--config', shipped, ...files, ...engine, '--plan', '--json']
    const whole = await mini('rl', '--data', 'd', ...config)
    expect(whole.code, whole.stderr).toBe(0)
    // 256 problems, 16 searches each, 150 times, 8 updates.
    expect(JSON.parse(whole.stdout)).toMatchObject({ plan: { steps: 1200, sequences: 614_400, atMost: true } })
    const typed = await mini('rl', '--data', 'd', '--steps', '2', '--group-size', '4', ...config)
    expect(JSON.parse(typed.stdout)).toMatchObject({ plan: { steps: 16, sequences: 2048 } })
    const smaller = await mini('rl', '--data', 'd', '--max-pixels', '500000', ...config)
    const read = (said: { stdout: string }): number => JSON.parse(said.stdout).plan.promptTokens
    // Views are a quarter of it, and most of what is read.
    expect(read(smaller)).toBeLessThan(read(whole) * 0.6)
    expect((await mini(...rl, '--max-pixels', '500000')).stderr).toContain('--view-side')
    const sft = await mini('sft', '--data', 'collected', ...config)
    expect(JSON.parse(sft.stdout)).toMatchObject({ plan: { steps: 563, sequences: 563 * 32, atMost: false } })
    // The same searches as a set of other trainers.
    expect((await mini('export', 'collected', '--to', 'sharegpt', '--out', 'set')).code).toBe(0)
    const exported = await mini('sft', '--data', 'set', ...config)
    expect(JSON.parse(exported.stdout)).toEqual(JSON.parse(sft.stdout))
    expect(server.requests).toHaveLength(before)
  })

  test('files come from the hub when asked for, once', async () => {
    const files = Object.entries(tinyVlmFiles).map(([name, value]) => [name, Buffer.from(JSON.stringify(value))])
    const hub = await startPlayedHub({ 'Qwen/Tiny-VL': { files: Object.fromEntries(files) } })
    process.env['HF_ENDPOINT'] = hub.endpoint
    const options = [...rl, '--model-files', 'hub:Qwen/Tiny-VL', ...engine, '--plan']
    for (let time = 0; time < 2; time++) expect((await mini(...options)).code).toBe(0)
    expect(hub.asked.filter(({ path }) => path === 'api')).toHaveLength(1)
    const missing = await mini(...rl, '--model-files', 'hub:../../etc', ...engine, '--plan')
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('<owner>/<name>')])
    const gone = await mini(...rl, '--model-files', 'hub:Qwen/Other', ...engine, '--plan')
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining('The hub has no Qwen/Other')])
    await hub.close()
    delete process.env['HF_ENDPOINT']
  })

  test('a configuration is read as if it had been typed', async () => {
    const wrong: [string, RegExp][] = [
      ['rl: { steps: many }', /--steps many of rl is invalid. It has to be a whole number/],
      [
        'rl: { objective: best }',
        /--objective best of rl is invalid. It has to be one of paper, official, official-unmasked, vanilla/,
      ],
      ['rl: { step: 1 }', /rl has no option --step/],
      ['sft: { steps: 1 }', /has no settings for rl/],
      ['rl: [1, 2]', /map command names to options/],
      ['a: &a [1]\nb: *a', /cannot be read/],
    ]
    for (const [number, [text]] of wrong.entries()) await writeFile(join(folder, `wrong-${number}.yaml`), text)
    const absent = /absent\.yaml cannot be read.*Shipped configurations.*qwen2\.5-vl-7b/
    const ended = await runLines(folder, [
      ...wrong.map((_, number) => [...data, '--config', `wrong-${number}.yaml`, ...engine, ...files, '--plan']),
      [...data, '--config', 'absent.yaml', '--plan'],
    ])
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(
      [...wrong.map(([, said]) => said), absent].map((said) => [2, expect.stringMatching(said)]),
    )
  })

  test('what does not fit ends with exit code 2 and the fix, and writes nothing', async () => {
    const easy = ['--medium', '0', '--hard', '0', '--easy', '1']
    const wrong = [
      // No tokenizer for the server's model, a folder without one, and a profile without text for its calls.
      [engine, /model-files <folder>/],
      [[...engine, '--model-files', 'd'], /tokenizer\.json cannot be read/],
      [
        [...engine, ...files, '--profile', 'tools'],
        /profile tools does not fit Qwen2\.5-VL: its models do not call functions/,
      ],
      [[...engine, '--profile', 'official'], /embedded policy only works with --profile embedded/],
      [files, /add --engine tinker:/],
    ] as const
    const ended = await runLines(
      folder,
      wrong.map(([options]) => [...rl, ...options, ...easy, '--run', 'none']),
    )
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(
      wrong.map(([, said]) => [2, expect.stringMatching(said)]),
    )
    await expect(access(join(folder, 'none'))).rejects.toThrow('ENOENT')
  })
})
