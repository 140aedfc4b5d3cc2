/**
 * Whether training works with a real vision-language model: random weights of a family's own shape behind the strict test server, on a
 * GPU or, tiny, on the CPU. Commands are run as users run them. Four checks, each a table:
 *
 * - `equal`: log-probabilities of our sequences, pictures included, against `transformers` fed by its own template and processor; where the
 *   template rewrites earlier turns, first turns so, and whole searches fed to the model as tokens.
 * - `sft`: searches of a teacher are learned, and the loss falls.
 * - `rl`: one step of 4 problems x 4 searches, and what sampler and trainer disagree by.
 * - `kill`: the client is killed at each stage of a step and started again; the same losses follow.
 *
 *     npm run build && TRAINER_PYTHON=<python> node bench/gpu-check.mjs [--family qwen3-vl] [--only equal,sft,rl,kill]
 *       [--device cuda --shape 2b] [--conversations 40] [--steps 60] [--out <folder>]
 *
 * TRAINER_PYTHON: a Python with torch, torchvision, transformers 5 and trl.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { tinkerEngine } from '../dist/engine/tinker/tinker-engine.js'
import { tinkerKinds } from '../dist/engine/tinker/server-kinds.js'
import { openChatModel } from '../dist/model/renderer/chat-model.js'
import { profiles } from '../dist/protocol/profile.js'
import { words } from '../test/peers/quadrants/quadrants.mjs'
import { startTrainer } from '../test/peers/trainer.mjs'
import { conversationOf } from './gpu-check-conversations.mjs'

const usage = `Usage: TRAINER_PYTHON=<python> node bench/gpu-check.mjs [--family qwen2.5-vl|qwen3-vl|qwen3.5] [--only equal,sft,rl,kill]
  [--device cpu|cuda] [--shape tiny|2b] [--conversations 40] [--steps 60] [--out <folder>]
TRAINER_PYTHON: a Python with torch, torchvision, transformers 5 and trl. Needs npm run build.`

/** @returns {never} */
function refuse(why) {
  console.error(`${why}\n${usage}`)
  process.exit(2)
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', short: 'h' },
        family: { type: 'string', multiple: true },
        only: { type: 'string', default: 'equal,sft,rl,kill' },
        device: { type: 'string', default: 'cpu' },
        shape: { type: 'string', default: 'tiny' },
        conversations: { type: 'string', default: '40' },
        steps: { type: 'string', default: '60' },
        out: { type: 'string' },
      },
    }).values
  } catch (error) {
    return refuse(error.message)
  }
}

const values = readOptions()
const python = process.env.TRAINER_PYTHON ?? ''
const out = values.out ?? mkdtempSync(join(tmpdir(), 'gpu-check-'))
const { device } = values
const peer = (path) => fileURLToPath(new URL(`../test/peers/${path}`, import.meta.url))
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const run = promisify(execFile)
/** What is compared to the last bit must not depend on what else is computed at the same time. */
const alone = 1

const here = (...parts) => join(out, ...parts)
const linesOf = (file) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const said = (...parts) => console.log(parts.join('  '))
function failed(...parts) {
  said(...parts)
  process.exitCode = 1
}

/** The folder of a model with random weights. `min`: pixels of the smallest view. */
async function modelOf(family, name, min) {
  const folder = here(`${family}-${name}`)
  if (existsSync(join(folder, 'config.json'))) return folder
  const made = ['--shape', values.shape, ...(min ? ['--min-pixels', `${min}`] : [])]
  const tokens = words.flatMap((word) => ['--word', word])
  const { stdout } = await run(python, [peer('make_qwen.py'), family, folder, ...made, ...tokens])
  said(family, stdout.trim())
  return folder
}

async function serve(folder, rows, more = {}) {
  const checkpoints = `${folder}-checkpoints`
  const server = await startTrainer({ folder, checkpoints, rows, device, ...more })
  return {
    ...server,
    async close() {
      await server.close()
      if (server.violations.length > 0) throw new Error(`against the protocol: ${server.violations.join('; ')}`)
    },
  }
}

// ---- equal

async function equal(family) {
  const folder = await modelOf(family, 'open')
  const model = await openChatModel(folder)
  const rewrites = model.layout().begun !== ''
  await compare(family, rewrites ? 'first turns' : 'all turns', model, folder, rewrites)
  if (rewrites) await compare(family, 'all turns by their tokens', model, folder, false, tokensOf)
}

/** @param {any} chat */
const byTemplate = ({ messages }) => ({ messages })

/** A search as it grew: its tokens, null for each picture, and where its replies stand. */
function tokensOf({ turns }) {
  const flat = (prompt) => prompt.flatMap((chunk) => (chunk.kind === 'image' ? [null] : chunk.tokens))
  const { prompt, reply } = turns.at(-1)
  return {
    ids: [...flat(prompt), ...reply],
    replies: turns.map((turn) => [flat(turn.prompt).length, turn.reply.length]),
  }
}

/**
 * `told`: what `transformers` gets of a conversation, pictures apart.
 * @param {(chat: any) => object} told
 */
async function compare(family, what, model, folder, firstTurns, told = byTemplate) {
  const chats = []
  for (let seed = 1; seed <= Number(values.conversations); seed++) {
    const profile = seed % 2 === 0 ? profiles.default : profiles['official-train']
    chats.push(await conversationOf(model, profile, `${family} ${seed}`, firstTurns))
  }
  const [asked, answered] = [here(`${family}.jsonl`), here(`${family}-peer.jsonl`)]
  const rows = chats.map((chat, i) => {
    const names = chat.pictures.map((bytes, at) => {
      const name = `${family}-${i}-${at}`
      writeFileSync(here(name), bytes)
      return name
    })
    return JSON.stringify({ ...told(chat), pictures: names })
  })
  writeFileSync(asked, rows.join('\n'))
  const script = fileURLToPath(new URL('gpu_check_peer.py', import.meta.url))
  await run(python, [script, folder, asked, answered, '--device', device])
  const server = await serve(folder, alone)
  const engine = await tinkerEngine({
    url: server.url,
    kind: tinkerKinds.hosted,
    loraRank: 0,
    endTokens: [model.end],
  })
  const ours = await engine.forward(chats.flatMap(({ turns }) => turns))
  await engine.close()
  await server.close()
  const theirs = linesOf(answered)
  const tokens = ours.flat().length
  const apart = (rows) => {
    const flat = rows.flat(2)
    if (flat.length !== tokens) throw new Error(`${family}: ${tokens} tokens of replies here, ${flat.length} there`)
    return ours.flat().map((value, i) => Math.abs(value - flat[i]))
  }
  const most = Math.max(...apart(theirs.map(({ turns }) => turns)))
  const turned = Math.max(...apart(theirs.map((row) => row.turned)))
  const shown = chats.reduce((sum, { pictures }) => sum + pictures.length, 0)
  const level = most < 1e-4 ? 'equal' : 'DIFFERENT'
  const size = `${chats.length} conversations, ${shown} pictures, ${tokens} tokens`
  said(
    'equal',
    family,
    level,
    `${what}: ${size}: at most ${most.toExponential(1)} apart (${turned.toExponential(1)} if pictures are turned)`,
  )
  if (most >= 1e-4) process.exitCode = 1
}

// ---- the task

async function miniO3(args) {
  const { stdout } = await run(process.execPath, [cli, ...args], { maxBuffer: 1e8 })
  return stdout
}

async function collected() {
  const [data, searches] = [here('quadrants'), here('collected')]
  if (existsSync(searches)) return { data, searches }
  await run(process.execPath, [peer('quadrants/scenes.mjs'), data, '120', '12'])
  const teacher = spawn(process.execPath, [peer('quadrants/teacher.mjs'), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = await once(teacher.stdout.setEncoding('utf8'), 'data')
  const filters = ['--shots', '0', '--max-single-turn', '1', '--max-duplicates', '1', '--max-turns', '8']
  const from = ['--policy', 'chat:quadrants', '--base-url', url.trim(), '--profile', 'embedded']
  await miniO3(['collect', '--data', data, ...from, ...filters, '--run', searches])
  teacher.kill()
  return { data, searches }
}

function trained(url, folder) {
  const server = ['--engine', `tinker:${url}`, '--tinker-server', 'hosted', '--lora-rank', '0']
  return [...server, '--model-files', folder, '--profile', 'embedded']
}

/** Stage 1 on the teacher's searches; returns its policy. */
async function sft(family) {
  const folder = await modelOf(family, 'small', 1024)
  const { data, searches } = await collected()
  const server = await serve(folder, 64)
  const path = here(`${family}-sft`)
  if (!existsSync(join(path, 'policy.json'))) {
    const settings = ['--steps', values.steps, '--batch', '16', '--learning-rate', '2e-3', '--warmup-steps', '10']
    await miniO3([
      'sft',
      '--data',
      data,
      '--collection',
      searches,
      ...trained(server.url, folder),
      ...settings,
      '--run',
      path,
    ])
  }
  await server.close()
  const losses = linesOf(join(path, 'metrics.jsonl')).map(({ loss }) => loss)
  said(
    'sft',
    family,
    `${losses.length} steps, loss ${losses[0].toFixed(3)} to ${losses.at(-1).toFixed(3)} nats a token`,
  )
  if (!(losses.at(-1) < losses[0])) process.exitCode = 1
  return { folder, data, policy: join(path, 'policy.json') }
}

function rlArgs({ folder, data, policy }, url, steps, path) {
  const searches = ['--problems-per-step', '4', '--group-size', '4', '--max-turns', '4', '--max-tokens', '12']
  const learning = ['--objective', 'paper', '--updates', '1', '--learning-rate', '1e-3', '--warmup-steps', '0']
  const kept = ['--save-every', '1', '--steps', `${steps}`, '--run', path]
  return ['rl', '--data', data, '--from', policy, ...trained(url, folder), ...searches, ...learning, ...kept]
}

async function rl(family) {
  const start = await sft(family)
  const server = await serve(start.folder, 64)
  await miniO3(rlArgs(start, server.url, 1, here(`${family}-rl`)))
  await server.close()
  const [step] = linesOf(here(`${family}-rl`, 'metrics.jsonl'))
  const { searches, turns, reward, trainedTokens, mismatch, gradientNorm } = step
  said(
    'rl',
    family,
    `${searches} searches of ${turns.toFixed(1)} turns, ${(reward * 100).toFixed(0)} % right, ${trainedTokens} tokens`,
  )
  said('rl', family, `mismatch ${mismatch.toExponential(1)}, gradient norm ${gradientNorm.toFixed(2)}`)
  if (!(trainedTokens > 0)) failed('rl', family, 'FAILED', 'no token was trained: no group differed in reward')
  if (!(mismatch < 0.02)) failed('rl', family, 'FAILED', 'sampler and trainer disagree by 0.02 or more')
}

// ---- kill

/** Requests at which the client is killed, the nth of their kind; what the server was asked for it still does. */
const stages = [
  ['before a step samples', 'save_weights_for_sampler', 2],
  ['while it samples', 'asample', 40],
  ['with its searches done, before gradients', 'forward_backward', 2],
  ['between gradients and the optimiser step', 'optim_step', 2],
  ['with the optimiser step done, before saving', 'save_weights', 2],
]

const compared = ({ reward, turns, gradientNorm, mismatch, entropy, trainedTokens }) =>
  JSON.stringify([reward, turns, gradientNorm, mismatch, entropy, trainedTokens])

async function kill(family) {
  const start = await sft(family)
  const { lines: whole } = await learned(start, here(`${family}-whole`))
  if (!whole.some(({ trainedTokens, gradientNorm }) => trainedTokens > 0 && gradientNorm > 0))
    return failed('kill', family, 'FAILED', 'the undisturbed run trained no token, so there is nothing to compare')
  for (const [name, path, nth] of stages) {
    const folder = here(`${family}-killed-${path}`)
    const { lines, killed } = await learned(start, folder, { path, nth })
    if (!killed) {
      failed('kill', family, 'MISSING', `not killed ${name}: there was no request ${path} number ${nth}`)
      continue
    }
    const same = lines.length === whole.length && lines.every((line, i) => compared(line) === compared(whole[i]))
    said(
      'kill',
      family,
      same ? 'the same' : 'DIFFERENT',
      `killed ${name}: ${lines.map(({ gradientNorm }) => gradientNorm).join(' ')}`,
    )
    if (!same) process.exitCode = 1
  }
}

/** Three steps; killed once at the request that is told, and started again. */
async function learned(start, path, stop) {
  /** @type {import('node:child_process').ChildProcess} */
  let client
  let killed = stop === undefined
  const fault = (asked, nth) => {
    if (!killed && asked === stop.path && nth === stop.nth) killed = client.kill('SIGKILL')
    return undefined
  }
  const server = await serve(start.folder, alone, { fault })
  for (let tries = 0; tries < 2; tries++) {
    client = spawn(process.execPath, [cli, ...rlArgs(start, server.url, 3, path)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code] = await once(client, 'exit')
    if (code === 0) break
  }
  await server.close()
  return { lines: linesOf(join(path, 'metrics.jsonl')), killed }
}

const checks = { equal, sft, rl, kill }
const families = ['qwen2.5-vl', 'qwen3-vl', 'qwen3.5']
/** Where none is named: the one that was seen to learn the task. */
const familiesOf = (name) => values.family ?? (name === 'equal' ? families : ['qwen3-vl'])

if (values.help) {
  console.log(usage)
  process.exit(0)
}
const asked = values.only.split(',')
for (const name of asked) if (!Object.hasOwn(checks, name)) refuse(`There is no check "${name}".`)
for (const family of values.family ?? []) if (!families.includes(family)) refuse(`There is no family "${family}".`)
if (python === '') refuse('TRAINER_PYTHON is not set.')
await run(python, ['-c', 'import torch, torchvision, transformers, trl']).catch((error) =>
  refuse(
    `${python} cannot import what is needed: ${String(error.stderr || error.message)
      .trim()
      .split('\n')
      .at(-1)}`,
  ),
)
mkdirSync(out, { recursive: true })
for (const name of asked) for (const family of familiesOf(name)) await checks[name](family)
