/** The files of `deploy/` as a scheduler would run them: shards with its variables set, one of them killed and repeated, then the merge. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { program, startProgram } from '../../../test/run-program.ts'

const file = (name: string) => fileURLToPath(new URL(`../../../deploy/${name}`, import.meta.url))
const options = ['--policy', 'overview', '--samples', '2', '--max-turns', '2', '--concurrency', '1', '--json']
const runs = (command: string) => spawnSync(command, ['--version']).status === 0

describe.skipIf(process.platform === 'win32' || !runs('bash'))('deploy', () => {
  let folder = ''
  let data: readonly string[] = []
  let whole: Record<string, unknown> = {}

  /** Runs a command line of a file until it ends, or until `killed` says so. */
  async function run(words: readonly string[], env: Record<string, string>, killed?: () => Promise<boolean>) {
    const [command = '', ...args] = words
    const own = { ...process.env, MINI_O3: `${process.execPath} ${program}`, ...env }
    const child = spawn(command, args, { env: own, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
    const closed = once(child, 'close')
    if (killed) {
      await expect.poll(killed).toBe(true)
      child.kill('SIGKILL')
    }
    const [code] = await closed
    return { code, ...said }
  }

  const searches = (path: string) =>
    readFile(join(path, 'trajectories.jsonl'), 'utf8').then(
      (text) => text.split('\n').length - 1,
      () => 0,
    )

  /** The merged run has the figures of the run that one machine did. */
  async function expectWhole(path: string): Promise<void> {
    const merged = await startProgram(['report', join(path, 'whole'), '--json']).ended
    const [report] = JSON.parse(merged.stdout).runs
    const figures = ({ problems, samples, avgAtK, low, high, ends, sampling }: Record<string, unknown>) => {
      return { problems, samples, avgAtK, low, high, ends, sampling }
    }
    expect(figures(report)).toEqual(figures(whole))
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mini-o3-deploy-'))
    const out = join(folder, 'data')
    await startProgram(['probe', 'build', '--out', out, '--test', '4', '--no-pictures']).ended
    data = ['--data', out, ...options]
    const { stdout } = await startProgram(['eval', ...data, '--run', join(folder, 'one')]).ended
    whole = JSON.parse(stdout)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('slurm.sh: a task that is killed goes on when it is submitted again, and the last job merges', async () => {
    const slurm = ['bash', file('slurm.sh')]
    const RUNS = join(folder, 'slurm')
    const task = (id: number) => ({ RUNS, SLURM_ARRAY_TASK_ID: `${id}`, SLURM_ARRAY_TASK_COUNT: '2' })
    expect(await run([...slurm, ...data], task(1))).toMatchObject({ code: 0 })
    await run([...slurm, ...data], task(2), async () => (await searches(join(RUNS, 'part-2'))) > 0)
    // The second task alone, in an array of one.
    const again = { ...task(2), SLURM_ARRAY_TASK_COUNT: '1', SHARDS: '2' }
    expect(await run([...slurm, ...data], again)).toMatchObject({ code: 0 })
    expect(await searches(join(RUNS, 'part-2'))).toBe(4)
    expect(await run(slurm, { RUNS })).toMatchObject({ code: 0 })
    await expectWhole(RUNS)
    expect((await run(slurm, {})).stderr).toContain('Set RUNS')
  })

  test('kubernetes.yaml: an indexed job over its shards, and a suspended one that merges', async () => {
    const jobs = parseAllDocuments(await readFile(file('kubernetes.yaml'), 'utf8')).map((document) => document.toJS())
    const [shards, merge] = jobs.map(({ spec }) => ({ spec, container: spec.template.spec.containers[0] }))
    expect(shards).toMatchObject({
      spec: { completionMode: 'Indexed', template: { spec: { restartPolicy: 'OnFailure' } } },
    })
    const given = Object.fromEntries(
      shards!.container.env.map(({ name, value }: Record<string, string>) => [name, value]),
    )
    expect(given.SHARDS).toBe(String(shards!.spec.completions))
    expect(merge!.container.env).toEqual([{ name: 'RUNS', value: given.RUNS }])
    expect(merge!.spec.suspend).toBe(true)
    const RUNS = join(folder, 'kubernetes')
    for (const index of [0, 1]) {
      const env = { RUNS, SHARDS: '2', OPTIONS: data.join(' '), JOB_COMPLETION_INDEX: `${index}` }
      expect(await run(shards!.container.command, env)).toMatchObject({ code: 0 })
    }
    expect(await run(merge!.container.command, { RUNS })).toMatchObject({ code: 0 })
    await expectWhole(RUNS)
  })

  test.skipIf(!runs('python3'))('ray_eval.py: a task per shard that is tried again, then the merge', async () => {
    // What of Ray the script uses, in this process.
    const ray = [
      'def init(): pass',
      'def get(results): return list(results)',
      'def remote(max_retries, retry_exceptions, num_cpus):',
      '    assert max_retries > 0 and retry_exceptions',
      '    return lambda own: type("Task", (), {"remote": staticmethod(own)})',
    ]
    await writeFile(join(folder, 'ray.py'), ray.join('\n'))
    const RUNS = join(folder, 'ray')
    const env = { RUNS, SHARDS: '2', PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' }
    expect(await run(['python3', file('ray_eval.py'), ...data], env)).toMatchObject({ code: 0 })
    await expectWhole(RUNS)
  })
})
