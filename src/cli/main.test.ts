/** The program as a real child process: words, exit codes, what is written where. Needs `npm run build`. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { interruptWhen } from '../../test/interrupt-when.ts'
import { dataIn } from '../../test/page-file.ts'
import { runLines } from '../../test/run-lines.ts'
import type { LineEnded } from '../../test/run-lines.ts'
import { startProgram } from '../../test/run-program.ts'
import type { Ended } from '../../test/run-program.ts'
import { createEmbeddedEngine } from '../engine/embedded/embedded-engine.ts'
import type { SearchesData } from '../page/page-data.ts'
import { shippedCheckpoint } from '../policy/embedded/embedded-policy.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'

const question = 'Which digit is on the red heart?'

let folder: string
/** Weights that were never trained: enough to see what the commands make of a policy. */
let checkpoint: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-cli-'))
  checkpoint = join(folder, 'untrained.safetensors')
  const engine = createEmbeddedEngine({ workers: 1 })
  await engine.saveForUse(checkpoint)
  await engine.close()
  const grey = { create: { width: 300, height: 200, channels: 3, background: '#888' } } as const
  await sharp(grey).jpeg().toFile(join(folder, 'grey.jpg'))
  await writeFile(join(folder, 'options.jpg'), 'not a picture')
  await writeFile(join(folder, 'none.json'), '[]')
  const row = { images: ['grey.jpg'], problem: '<image>\nWhat colour is it?', solution: 'grey' }
  await writeFile(join(folder, 'other.json'), JSON.stringify([{ ...row, data_source: 'own', doc_id: '1' }]))
  await runOf('eval', 'evaluated')
  await runOf('collect', 'nothing-right')
})
afterAll(() => rm(folder, { recursive: true }))

describe('options', () => {
  const helped = [
    '',
    'demo',
    'ask',
    'probe build',
    'collect',
    'export',
    'sft',
    'rl',
    'recipe',
    'eval',
    'eval merge',
    'judge',
    'report',
    'serve',
    'doctor',
  ]
  const trainingServer = ['--engine', 'tinker:http://127.0.0.1:9']
  const wrong: readonly (readonly [string[], string])[] = [
    [['evall'], 'Did you mean eval?'],
    [['models', 'pul', 'qwen3-vl-4b', '--yes'], 'There is no command "pul" of models. Closest names: pull'],
    [['eval', 'merg', 'a', '--run', 'b'], 'There is no command "merg" of eval. Closest names: merge.'],
    [['probe', 'biuld', '--out', 'd'], 'There is no command "biuld" of probe. Closest names: build'],
    [['models', '--json', 'more'], "too many arguments for 'list'"],
    [['ask', 'grey.jpg', question, '--max-turn', '3'], 'Did you mean --max-turns?'],
    [[], 'Usage: mini-o3'],
    [['probe'], 'Usage: mini-o3 probe'],
    [['serve', '--runs', 'grey.jpg'], 'grey.jpg is a file'],
    [['ask', 'grey.jpg'], "missing required argument 'question'"],
    [['ask', 'no.jpg', question], 'There is no file no.jpg'],
    [['ask', 'options.jpg', question], 'not a picture'],
    [['ask', 'grey.jpg', '  '], 'The question is empty'],
    [['ask', 'grey.jpg', 'What is on the sign?', '--policy', 'embedded'], 'only knows generated scenes'],
    [['ask', 'grey.jpg', question, '--max-turns', '-3'], 'whole number, 1 to 1000'],
    [['ask', 'grey.jpg', question, '--max-turns', '2.5'], 'whole number'],
    [['ask', 'grey.jpg', question, '--temperature', '-1'], 'number from 0 to 10'],
    [['ask', 'grey.jpg', question, '--policy', 'chat:some-model'], 'needs --base-url'],
    [['ask', 'grey.jpg', question, '--policy', 'chat:', '--base-url', 'http://127.0.0.1:9/v1'], 'names no model'],
    [['ask', 'grey.jpg', question, '--policy', 'chat:m', '--base-url', 'http://127.0.0.1:9/v1'], 'cannot be reached'],
    [['ask', 'grey.jpg', question, '--base-url', 'http://127.0.0.1:9/v1'], '--policy chat:<model>'],
    [['ask', 'grey.jpg', question, '--policy', 'nobody'], 'not one of embedded'],
    [['ask', 'grey.jpg', question, '--profile', 'official'], '--profile embedded'],
    [['ask', 'grey.jpg', question, '--checkpoint', 'no.safetensors'], 'no.safetensors'],
    [['probe', 'build', '--out', 'd', '--test', '1e3'], 'whole number'],
    [['probe', 'build', '--out', 'd', '--test', '3', '--level', 'harder'], 'Allowed choices are easy, medium, hard'],
    [['probe', 'build', '--out', 'd'], 'nothing to build'],
    [['eval', '--data', 'no-such-folder'], 'no-such-folder'],
    [['eval', '--data', 'options.jpg'], 'is not a table'],
    [['eval', '--data', 'none.json', '--policy', 'blind'], 'contains no problems'],
    [['eval', '--data', 'other.json', '--checkpoint', 'untrained.safetensors'], 'only knows generated scenes'],
    [['collect', '--data', 'none.json'], 'contains no problems'],
    [['collect', '--data', 'other.json'], 'is not a generated scene'],
    [['rl', '--data', 'none.json', '--from', 'untrained.safetensors'], 'contains no problems'],
    [
      ['rl', '--data', 'other.json', '--from', 'untrained.safetensors'],
      'For other questions train a vision-language model',
    ],
    [['rl', '--data', 'other.json', ...trainingServer, '--base-model', 'Qwen/Q'], '--model-files is missing'],
    [['collect', '--data', 'options.jpg', '--policy', 'nobody'], 'not one of teacher'],
    [['sft', '--data', '.'], 'holds several runs. Name one of them: '],
    [['sft', '--data', 'evaluated'], 'is a run of eval'],
    [['sft', '--data', 'nothing-right'], 'no search with the right answer'],
    [['note', 'nothing-right', '--star', '--unstar'], '--star and --unstar contradict each other'],
    [['note', 'nothing-right', '--tag', 'a', '--untag', 'a'], '--tag and --untag both name "a"'],
    [['note', 'nothing-right', '--comment', 'z'.repeat(4001)], 'has 4001 characters. Shorten it to at most 4000'],
    [['recipe', '--preset', 'big'], 'Allowed choices are full, quick'],
    [['recipe', '--run', 'evaluated'], 'different settings'],
    [['sft', '--data', '.', '--learning-rate', 'fast'], 'number from 0 to 0.1'],
    [['rl', '--data', 'other.json', '--learning-rate', '1'], 'number from 0 to 0.1'],
    [['ask', 'grey.jpg', 'What is on the sign?', '--checkpoint', 'no.safetensors'], 'no.safetensors'],
    [
      ['ask', 'grey.jpg', 'What is on the sign?', '--checkpoint', 'untrained.safetensors'],
      'only knows generated scenes',
    ],
    [['try', '--out', '/proc/none/try.html'], '/proc/none/try.html cannot be written'],
    [['view', 'evaluated', '--export', '/proc/none/site'], 'cannot be written'],
  ]

  const ended = new Map<string, LineEnded>()
  beforeAll(async () => {
    const lines = [
      ...helped.map((name) => [...name.split(' ').filter(Boolean), '--help']),
      ...wrong.map(([line]) => line),
    ]
    const ends = await runLines(folder, lines)
    for (const [number, end] of ends.entries()) ended.set(JSON.stringify(lines[number]), end)
  })

  test.each(helped)('%s --help shows an example', (name) => {
    const { code, stdout, stderr } = ended.get(JSON.stringify([...name.split(' ').filter(Boolean), '--help']))!
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`Usage: mini-o3 ${name}`)
    expect(stdout).toContain('Examples:\n  $ mini-o3 ')
  })

  test.each(wrong)('%j ends with exit code 2, a message, and nothing written', (line, message) => {
    const { code, stdout, stderr, changed } = ended.get(JSON.stringify(line))!
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(changed).toEqual([])
  })

  test('a process ends with the exit code of its command', async () => {
    expect((await mini('probe', '--help')).code).toBe(0)
    expect((await mini('probe', 'biuld')).code).toBe(2)
  })
})

test('ask: one JSON document on stdout, turns on stderr, a trajectory and a page in the run folder', async () => {
  const options = [
    'ask',
    'grey.jpg',
    question,
    '--checkpoint',
    checkpoint,
    '--run',
    'asked',
    '--max-turns',
    '2',
    '--json',
  ]
  const { code, stdout, stderr } = await mini(...options)
  expect(code).toBe(0)
  const result = JSON.parse(stdout)
  expect(Object.keys(result)).toEqual(expect.arrayContaining(['answer', 'end', 'turns', 'trajectory', 'page', 'run']))
  expect(result.note).toContain('only knows generated scenes')
  expect(stderr).toContain(result.note)
  const trajectory = trajectorySchema.parse(JSON.parse(await readFile(result.trajectory, 'utf8')))
  expect(trajectory).toMatchObject({ end: result.end, answer: result.answer, problem: { question } })
  expect(await readFile(result.page, 'utf8')).toContain(question)
  expect(stderr).toContain('turn  1')
  // oxlint-disable-next-line no-control-regex
  expect(stderr).not.toMatch(/\u001b/)
  expect(await readdir(join(folder, 'asked'))).toEqual(
    expect.arrayContaining(['config.json', 'images', 'searches.html', 'trajectories.jsonl']),
  )

  const other = await mini(...options.slice(0, -3), '--max-turns', '3')
  expect(other.code).toBe(2)
  expect(other.stderr).toContain('maxTurns: 2, now 3')
})

test('probe build, then eval: the figures as JSON, and the same figures again from what is stored', async () => {
  const built = await mini('probe', 'build', '--out', 'probe', '--test', '3', '--side', '256', '--json')
  expect(built.code).toBe(0)
  expect(JSON.parse(built.stdout)).toMatchObject({ pictures: 3, problems: { train: 0, test: 3 } })
  const options = ['eval', '--data', 'probe', '--policy', 'blind', '--samples', '2', '--max-turns', '4', '--json']
  const first = await mini(...options)
  expect(first.code).toBe(0)
  const summary = JSON.parse(first.stdout)
  expect(summary).toMatchObject({ problems: 3, samples: 2, ends: { answered: 1 }, meanTurns: 1 })
  expect(summary.byTurnLimit.map(({ limit }: { limit: number }) => limit)).toEqual([1, 2, 4])
  expect(Object.keys(summary.byLevel)).toEqual(['easy', 'medium', 'hard'])
  expect(await readdir(join(folder, summary.run))).toEqual(expect.arrayContaining(['searches.html', 'turns.svg']))
  expect((await mini(...options)).stdout).toBe(first.stdout)
  expect((await mini(...options.slice(0, -1))).stdout).toContain('accuracy in %')
})

test('stage 1 in small: collect, sft, and ask with what was trained', async () => {
  await mini('probe', 'build', '--out', 'scenes', '--train', '6', '--test', '1', '--side', '512', '--no-pictures')
  const collected = await mini('collect', '--data', 'scenes', '--run', 'collected', '--json')
  expect(collected.code).toBe(0)
  expect(JSON.parse(collected.stdout)).toMatchObject({ searches: 6, run: 'collected' })
  const small = ['--look-steps', '2', '--look-batch', '4', '--steps', '8', '--batch', '4', '--workers', '1', '--json']
  const options = ['sft', '--data', 'collected', '--run', 'trained', ...small]
  const stopped = await start(options, interruptWhen(`fs.readFileSync('trained/metrics.jsonl', 'utf8') !== ''`)).ended
  expect([stopped.code, stopped.stdout]).toEqual([130, ''])
  expect(stopped.stderr).toContain('Repeat the command')
  const trained = await mini(...options)
  expect(trained.code).toBe(0)
  const { policy, steps, loss } = JSON.parse(trained.stdout)
  expect([steps, loss > 0]).toEqual([8, true])
  const metrics = (await readFile(join(folder, 'trained/metrics.jsonl'), 'utf8')).trimEnd().split('\n')
  expect(metrics).toHaveLength(2 + 8)
  const progress = JSON.parse(await readFile(join(folder, 'trained/progress.json'), 'utf8'))
  expect(progress).toMatchObject({ unit: 'steps', total: 8, done: 8 })
  const differently = await mini(...options.map((word, i) => (options[i - 1] === '--workers' ? '2' : word)))
  expect([differently.code, differently.stderr]).toEqual([2, expect.stringContaining('workers: 1, now 2')])
  const measured = await mini('eval', '--data', 'scenes', '--checkpoint', policy, '--max-turns', '2', '--json')
  expect(JSON.parse(measured.stdout)).toMatchObject({ problems: 1, samples: 1 })
})

test('Ctrl-C finishes what is in flight, says how to go on, and the same options go on', async () => {
  const options = ['probe', 'build', '--out', 'many', '--test', '120', '--side', '512', '--json']
  const { code, stdout, stderr } = await start(options, interruptWhen(`fs.readdirSync('many/pictures').length >= 3`))
    .ended
  expect([code, stdout]).toEqual([130, ''])
  expect(stderr).toContain('Repeat the command')
  const drawn = (await readdir(join(folder, 'many', 'pictures'))).length
  expect(drawn).toBeLessThan(120)

  const resumed = await mini(...options)
  expect(JSON.parse(resumed.stdout)).toMatchObject({ pictures: 120, drawn: 120 - drawn })
})

test('a reader that goes away is no failure', async () => {
  const { child, ended } = start(['probe', 'build', '--out', 'unread', '--test', '1', '--side', '64', '--json'])
  child.stdout.destroy()
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

test('demo: three searches of held-out scenes on one page', async () => {
  const weights = existsSync(shippedCheckpoint) ? [] : ['--checkpoint', checkpoint]
  const { code, stdout } = await mini('demo', '--run', 'demo', '--json', ...weights)
  expect(code).toBe(0)
  const { searches, page } = JSON.parse(stdout)
  expect(searches.map(({ level }: { level: string }) => level)).toEqual(['easy', 'medium', 'hard'])
  expect(dataIn<SearchesData>(await readFile(page, 'utf8')).searches).toHaveLength(3)
  expect(await readdir(join(folder, 'demo/images'))).toHaveLength(3)
})

async function runOf(command: string, name: string): Promise<void> {
  await mkdir(join(folder, name))
  await writeFile(join(folder, name, 'config.json'), JSON.stringify({ command }))
}

function mini(...words: readonly string[]): Promise<Ended> {
  return start(words).ended
}

function start(words: readonly string[], node: readonly string[] = []): ReturnType<typeof startProgram> {
  return startProgram(words, { cwd: folder, node })
}
