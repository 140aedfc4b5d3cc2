#!/usr/bin/env node
/**
 * The same scenes by `mini-o3 eval` and by other harnesses on `mini-o3 serve`, at temperature 0: says how many answers of each are equal, and
 * ends with 1 where one differs for which docs/harnesses.md has no reason. A harness without its Python is skipped.
 *
 *     npm run build && node test/peers/harnesses/equal.mjs [number of scenes]
 *
 * INSPECT_PYTHON, LMMS_PYTHON, EVALSCOPE_PYTHON, VLMEVAL_PYTHON    the Python of an environment in which the harness is installed
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = dirname(fileURLToPath(import.meta.url))
const main = join(here, '../../../dist/cli/main.js')
const work = mkdtempSync(join(tmpdir(), 'harnesses-'))
const data = join(work, 'scenes')
const { INSPECT_PYTHON, LMMS_PYTHON, EVALSCOPE_PYTHON, VLMEVAL_PYTHON } = process.env

async function run(command, args, env = {}) {
  const options = { cwd: work, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 ** 2 }
  return (await promisify(execFile)(command, args, options)).stdout
}

function fileIn(folder, name) {
  const found = readdirSync(folder, { recursive: true })
    .map(String)
    .find((path) => name.test(path))
  if (found === undefined) throw new Error(`${folder} holds no ${name}`)
  return join(folder, found)
}

const linesOf = (path) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

const count = process.argv[2] ?? '12'
await run(process.execPath, [
  main,
  'probe',
  'build',
  '--out',
  data,
  '--test',
  count,
  '--seed',
  '4',
  '--side',
  '2048',
  '--parquet',
])

const rows = JSON.parse(readFileSync(join(data, 'test.json'), 'utf8'))

/** The answers of `eval`, in the order of the rows. */
async function evaluated(folder) {
  const runs = `${folder}-run`
  await run(process.execPath, [main, 'eval', '--data', folder, '--temperature', '0', '--samples', '1', '--run', runs])
  const answers = new Map(
    linesOf(join(runs, 'trajectories.jsonl')).map(({ problem, answer }) => [problem.docId, answer ?? '']),
  )
  return rows.map(({ doc_id: id }) => answers.get(id))
}

const served = spawn(process.execPath, [main, 'serve', '--port', '0', '--json'], {
  cwd: work,
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const [line] = await once(createInterface(served.stdout), 'line')
  const base = `${JSON.parse(line).url}/v1`
  /** Each returns its answers in the order of the rows, and, if it sends other pictures, a folder with these. */
  const harnesses = {
    inspect_ai: async (python) => {
      const task = join(here, 'inspect_task.py')
      writeFileSync(join(work, 'inspect_task.py'), readFileSync(task))
      const model = ['--model', 'openai-api/minio3/search:embedded', '--temperature', '0', '--seed', '0']
      const env = { MINIO3_BASE_URL: base, MINIO3_API_KEY: 'none' }
      await run(
        python,
        [
          '-m',
          'inspect_ai',
          'eval',
          'inspect_task.py',
          '-T',
          `data=${data}`,
          ...model,
          '--log-dir',
          'inspect',
          '--display',
          'none',
        ],
        env,
      )
      const log = JSON.parse(
        await run(python, ['-m', 'inspect_ai', 'log', 'dump', fileIn(join(work, 'inspect'), /\.eval$/)]),
      )

      const answers = new Map(log.samples.map(({ id, output }) => [id.split('/').at(-1), output.completion]))
      return { answers: rows.map(({ doc_id: id }) => answers.get(id)) }
    },
    'lmms-eval': async (python) => {
      const env = { OPENAI_API_BASE: base, OPENAI_API_KEY: 'none', HF_HOME: join(work, 'hf'), HF_HUB_OFFLINE: '1' }
      const task = [
        '--tasks',
        'minio3',
        '--include_path',
        join(here, 'lmms-eval'),
        '--output_path',
        'lmms',
        '--log_samples',
      ]
      await run(
        python,
        ['-m', 'lmms_eval', '--model', 'openai', '--model_args', 'model_version=search:embedded', ...task],
        env,
      )
      return {
        answers: linesOf(fileIn(join(work, 'lmms'), /_samples_minio3\.jsonl$/)).map(
          ({ filtered_resps: reply }) => reply,
        ),
      }
    },
    evalscope: async (python) => {
      await run(python, [join(here, 'evalscope_rows.py'), data, 'rows/minio3.jsonl'])
      const set = JSON.stringify({ general_vqa: { local_path: 'rows', subset_list: ['minio3'] } })
      const model = ['--model', 'search:embedded', '--api-url', base, '--api-key', 'none', '--eval-type', 'openai_api']
      const how = ['--generation-config', '{"temperature": 0, "seed": 0}', '--work-dir', 'evalscope']
      await run(python, [
        '-m',
        'evalscope.cli.cli',
        'eval',
        ...model,
        '--datasets',
        'general_vqa',
        '--dataset-args',
        set,
        ...how,
      ])
      const lines = linesOf(fileIn(join(work, 'evalscope'), /predictions.*\.jsonl$/)).toSorted(
        (a, b) => a.index - b.index,
      )
      const contents = lines.map(({ model_output: output }) => output.choices[0].message.content)
      return { answers: contents.map((content) => (typeof content === 'string' ? content : content.at(-1).text)) }
    },
    VLMEvalKit: async (python) => {
      mkdirSync(join(work, 'LMUData'))
      const table = join(here, 'vlmevalkit/table.py')
      await run(python, [table, 'write', data, 'LMUData/minio3.tsv'])
      const config = readFileSync(join(here, 'vlmevalkit/minio3.json'), 'utf8')
      writeFileSync(join(work, 'vlm.json'), config.replace('http://127.0.0.1:8420/v1', base))
      const env = { LMUData: join(work, 'LMUData'), PRED_FORMAT: 'json' }
      await run(python, ['-m', 'vlmeval.run', '--config', 'vlm.json', '--mode', 'infer', '--work-dir', 'vlm'], env)
      await run(python, [table, 'resend', data, 'LMUData/images/minio3', 'resent'])
      const replies = JSON.parse(readFileSync(fileIn(join(work, 'vlm'), /minio3_minio3\.json$/), 'utf8'))
      const answers = replies.map(({ prediction }) => (prediction.startsWith('Failed to obtain') ? '' : prediction))
      return { answers, resent: join(work, 'resent') }
    },
  }
  const pythons = {
    inspect_ai: INSPECT_PYTHON,
    'lmms-eval': LMMS_PYTHON,
    evalscope: EVALSCOPE_PYTHON,
    VLMEvalKit: VLMEVAL_PYTHON,
  }
  const own = await evaluated(data)
  for (const [name, ask] of Object.entries(harnesses)) {
    const python = pythons[name]
    if (python === undefined) {
      console.log(`${name}: skipped`)
      continue
    }
    const { answers, resent } = await ask(python)
    const expected = resent === undefined ? own : await evaluated(resent)
    const equal = expected.filter((answer, index) => answer === answers[index]).length
    console.log(
      `${name}: ${equal} of ${rows.length} answers equal${resent === undefined ? '' : ', on the pictures that it sends'}`,
    )
    if (equal < rows.length) process.exitCode = 1
  }
} finally {
  served.kill()
  rmSync(work, { recursive: true })
}
