/**
 * Kills commands with SIGKILL at random moments, repeats them until they are done, and compares what they leave with an
 * undisturbed run: the same results, and the same files and no other.
 *
 *   npm run build && node scripts/kill-and-resume.mjs --kills 600 --seed 1
 *   node scripts/kill-and-resume.mjs --only eval,collect --kills 50 --folder <where to work>
 *
 * Of 600 kills 10 are of `recipe` and 30 of `serve --keep`; the others are spread evenly. Prints one line a command and
 * ends with exit code 1 where something differed. Needs nothing but this repository; works in a temporary folder.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { random } from '../dist/shared/random.js'

const program = new URL('../dist/cli/main.js', import.meta.url).pathname
const { values: given } = parseArgs({
  options: {
    kills: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    folder: { type: 'string' },
  },
})
const rng = random('kill-and-resume', Number(given.seed))
const base = given.folder ?? (await mkdtemp(join(tmpdir(), 'kill-and-resume-')))
await mkdir(base, { recursive: true })

const data = join(base, 'data')
const collection = join(base, 'collection')
const evaluation = join(base, 'evaluation')

/** Chance that a start is killed; the last one of a round never is. */
const killShare = 0.75

/** `words` with the folder that the command fills, and how many kills it gets of 600. */
const commands = {
  probe: {
    words: (out) => ['probe', 'build', '--out', out, '--train', '6', '--test', '6', '--side', '256', '--seed', '3'],
  },
  eval: { words: (run) => ['eval', '--data', data, '--policy', 'blind', '--samples', '8', '--run', run] },
  'eval-embedded': { words: (run) => ['eval', '--data', data, '--samples', '1', '--max-turns', '3', '--run', run] },
  collect: { words: (run) => ['collect', '--data', data, '--policy', 'teacher', '--samples', '2', '--run', run] },
  judge: { words: (run) => ['judge', evaluation, '--judge', 'exact', '--run', run] },
  sharegpt: { words: (out) => ['export', collection, '--to', 'sharegpt', '--out', out] },
  parquet: { words: (out) => ['export', collection, '--to', 'parquet', '--out', out] },
  site: { words: (out) => ['view', evaluation, '--export', out, '--limit', '3'] },
  demo: { words: (run) => ['demo', '--run', run] },
  sft: {
    words: (run) =>
      `sft --collection ${collection} --look-steps 2 --look-batch 2 --steps 3 --batch 2 --save-every 1 --workers 1 --run ${run}`.split(
        ' ',
      ),
  },
  rl: {
    words: (run) =>
      `rl --data ${data} --steps 3 --problems-per-step 1 --group-size 2 --max-turns 2 --save-every 1 --workers 1 --run ${run}`.split(
        ' ',
      ),
  },
  recipe: { words: (run) => ['recipe', '--preset', 'quick', '--run', run], kills: 10 },
  serve: { kills: 30 },
}

function start(words, options = {}) {
  const child = spawn(process.execPath, [program, ...words], { cwd: base, ...options })
  let said = ''
  child.stdout.on('data', (text) => (said += text))
  child.stderr.on('data', (text) => (said += text))
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, said }))
  return { child, ended, said: () => said }
}

async function finish(words) {
  const { code, said } = await start(words).ended
  if (code !== 0) throw new Error(`mini-o3 ${words.join(' ')} ended with ${code}:\n${said.slice(-2000)}`)
}

/** Of every file below a folder its content, less what the clock and the folder's own name decide. */
async function contents(folder) {
  const files = new Map()
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(path.slice(folder.length + 1), await contentOf(path, folder))
  }
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const timed = /^(?:ms|seconds|peakMemoryMiB|endedAt|tokensPerSecond|.*Ms)$/

async function contentOf(path, folder) {
  if (/\.(?:safetensors|parquet|jpg|png)$/.test(path))
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  const text = (await readFile(path, 'utf8')).replaceAll(folder, '<folder>')
  // Pages, and how far a command was at what time, are there; what they show differs from run to run.
  if (!path.endsWith('.jsonl')) return /\.(?:html|svg|md)$|progress\.json$/.test(path) ? 'shown' : text
  const byKey = new Map()
  for (const line of text.split('\n').slice(0, -1)) {
    const value = JSON.parse(line, (name, inner) => (timed.test(name) ? undefined : inner))
    byKey.set(keyOf(value), JSON.stringify(value))
  }
  return [...byKey]
    .toSorted()
    .map(([, line]) => line)
    .join('\n')
}

/** Of work that was done again, the last line counts. */
function keyOf({ problem, docId, sampleIndex, step, stage, file, name, trajectory }) {
  const of = trajectory ?? { problem, sampleIndex }
  return JSON.stringify([name, file, stage, step, of.problem?.docId ?? docId, of.sampleIndex])
}

function differences(before, after) {
  const odd = []
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    if (!after.has(name)) odd.push(`${name} is missing`)
    else if (!before.has(name)) odd.push(`${name} is left over`)
    else if (before.get(name) !== after.get(name)) odd.push(`${name} differs`)
  }
  return odd
}

async function round(name, folder, tookMs, budget) {
  const words = commands[name].words(join(folder, 'it'))
  await mkdir(folder, { recursive: true })
  let kills = 0
  while (kills < budget && rng.next() < killShare) {
    const { child, ended } = start(words)
    const killing = sleep(rng.next() * tookMs).then(() => child.kill('SIGKILL'))
    const { code, signal, said } = await ended
    await killing
    if (signal === 'SIGKILL') kills++
    else if (code === 0) break
    else throw new Error(`mini-o3 ${words.join(' ')} ended with ${code} after ${kills} kills:\n${said.slice(-2000)}`)
  }
  // An export that is there is refused, so it is repeated only where it is not.
  if (!(await isDone(name, folder))) await finish(words)
  return kills
}

/** Exports refuse a folder that is full: a kill after the last rename has nothing to resume. */
async function isDone(name, folder) {
  const exported = name === 'sharegpt' || name === 'parquet'
  return exported && (await stat(join(folder, 'it')).catch(() => undefined)) !== undefined
}

async function killCommand(name, wanted) {
  const whole = join(base, `${name}-whole`)
  await mkdir(whole, { recursive: true })
  const startedMs = performance.now()
  await finish(commands[name].words(join(whole, 'it')))
  const tookMs = performance.now() - startedMs
  const expected = await contents(whole)
  let [kills, rounds] = [0, 0]
  const odd = []
  while (kills < wanted) {
    const folder = join(base, `${name}-${rounds++}`)
    kills += await round(name, folder, tookMs, wanted - kills)
    const found = differences(expected, await contents(folder))
    odd.push(...found.map((one) => `round ${rounds}: ${one}`))
    if (found.length === 0) await rm(folder, { recursive: true })
  }
  return { kills, rounds, odd }
}

/** A server is killed while programs ask it; whatever it has answered has to be there for the next one. */
async function killServer(wanted) {
  const runs = join(base, 'serve-runs')
  const pictures = join(data, 'pictures')
  const names = await readdir(pictures)
  const picture = (await readFile(join(pictures, names[0]))).toString('base64')
  const type = names[0].endsWith('png') ? 'png' : 'jpeg'
  const answered = []
  const odd = []

  async function ask(url, n) {
    const content = [
      { type: 'text', text: 'Which digit is on the red star?' },
      { type: 'image_url', image_url: { url: `data:image/${type};base64,${picture}` } },
    ]
    const body = JSON.stringify({
      model: 'search:embedded',
      max_turns: 1,
      seed: n,
      messages: [{ role: 'user', content }],
    })
    const reply = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const { mini_o3: links } = await reply.json()
    if (links?.trajectory) answered.push(links.trajectory)
  }
  async function served(work) {
    const { child, ended, said } = start(['serve', '--keep', '--runs', runs, '--port', '0', '--json'])
    for (; !said().includes('"url"'); await sleep(20)) if (child.exitCode !== null) throw new Error(said())
    const url = JSON.parse(said().slice(said().indexOf('{'))).url.replace(/\/$/, '')
    await work(url, child)
    return ended
  }

  for (let kills = 0; kills < wanted; kills++) {
    await served(async (url, child) => {
      const asking = (async () => {
        for (let n = 0; child.exitCode === null && child.signalCode === null; n++) await ask(url, n)
      })().catch(() => {})
      await sleep(rng.next() * 6000)
      child.kill('SIGKILL')
      await asking
    })
  }
  await served(async (url, child) => {
    await ask(url, 0)
    const names = new Set(await readdir(join(runs, 'served')))
    // Older runs than the newest eight are deleted by design.
    for (const path of answered.filter((one) => names.has(decodeURIComponent(one).split('/')[4]))) {
      const reply = await fetch(url + path)
      if (reply.status !== 200) odd.push(`${path} was answered and is gone (${reply.status})`)
    }
    child.kill('SIGINT')
  })
  for (const name of await readdir(runs, { recursive: true })) {
    if (/(?:^|\/)lock|\.tmp$/.test(name)) odd.push(`${name} is left over`)
  }
  return { kills: wanted, rounds: answered.length, odd }
}

await finish(commands.probe.words(data))
await finish(commands.collect.words(collection))
await finish(commands.eval.words(evaluation))
const chosen = given.only === '' ? Object.keys(commands) : given.only.split(',')
const total = Number(given.kills)
const fixed = Object.values(commands).reduce((sum, { kills = 0 }) => sum + kills, 0)
const even = Object.values(commands).filter(({ kills }) => kills === undefined).length
let [allKills, failed] = [0, 0]
for (const name of chosen) {
  const of600 = commands[name].kills ?? (600 - fixed) / even
  const wanted = given.only === '' ? Math.ceil((of600 * total) / 600) : Math.ceil(total / chosen.length)
  const { kills, rounds, odd } = name === 'serve' ? await killServer(wanted) : await killCommand(name, wanted)
  allKills += kills
  failed += odd.length
  console.log(
    `${name}: ${kills} kills, ${rounds} ${name === 'serve' ? 'answers kept' : 'runs'}, ${odd.length} differences`,
  )
  for (const one of odd) console.log(`  ${one}`)
}
console.log(`${allKills} kills, ${failed} differences`)
if (failed > 0) process.exitCode = 1
else if (given.folder === undefined) await rm(base, { recursive: true })
