/**
 * How fast the embedded engine trains and samples, with one and two workers: turns of the scripted teacher on seeded
 * scenes, 64 at once. Beside it, in turn: the same model in PyTorch with one and two threads (`embedded_peer.py`; left out
 * where Python or torch is missing), after a check that both compute the same: losses, steps and greedy replies.
 *
 *     npm run build && node bench/embedded.mjs [--repeats 7] [--python python3]
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createEmbeddedEngine } from '../dist/engine/embedded/embedded-engine.js'
import { defaultAdam, promptOf, textLength, viewAndText } from '../dist/engine/engine.js'
import { colourCount, defaultConfig, textTokens } from '../dist/model/config.js'
import { goalOf } from '../dist/model/goal.js'
import { cellName, cellsInOrder } from '../dist/model/language.js'
import { writeSafetensors } from '../dist/model/safetensors.js'
import { special, tokenOf } from '../dist/model/tokenizer.js'
import { coldStartCheckpoint } from '../dist/policy/embedded/embedded-policy.js'
import { teacherPolicy } from '../dist/policy/teacher/teacher.js'
import { makeProblem } from '../dist/probe/problem.js'
import { makeScene } from '../dist/probe/scene.js'
import { scenePicture } from '../dist/probe/scene-picture.js'
import { levels } from '../dist/protocol/problem.js'
import { profiles } from '../dist/protocol/profile.js'
import { searchToEnd } from '../dist/search/search-many.js'
import { random } from '../dist/shared/random.js'
import { coldStartTurns, shiftNumbers } from '../dist/train/sft/cold-start-turns.js'
import { withWeights } from '../dist/train/sft/sft.js'
import { benchOptions, cost, median, medians } from './measure.mjs'

const values = benchOptions({ repeats: 7, batch: 64, python: 'python3' }, { repeats: 1, batch: 2 })
const shipped = coldStartCheckpoint
const { batch } = values
const viewPx = defaultConfig.viewPx
const adam = { ...defaultAdam, learningRate: 1e-3 }
const crossEntropy = { kind: /** @type {const} */ ('cross-entropy') }

/** A batch of turns as stage 1 learns them: searches of the teacher on scenes of all levels, drawn from in a seeded order. */
async function teacherTurns() {
  const scenes = Array.from({ length: 24 }, (_, i) => makeScene(i, levels[i % levels.length]))
  const byId = new Map(scenes.map((scene) => [makeProblem(scene).docId, scene]))
  const policy = teacherPolicy({ sceneOf: ({ docId }) => byId.get(docId), mistakeRate: 0.04 })
  const turns = []
  for (const scene of scenes) {
    const task = { problem: makeProblem(scene), picture: scenePicture(scene, 4096) }
    const { trajectory } = await searchToEnd(task, policy, { profile: profiles.embedded, maxTurns: 20, seed: 1 })
    turns.push(...coldStartTurns(trajectory))
  }
  const rng = random('bench/embedded')
  const drawn = rng.shuffle(turns).slice(0, batch)
  return withWeights(
    await Promise.all(
      drawn.map(async (turn) => {
        const { docId, boxPx, prompt, reply } = shiftNumbers(turn, rng)
        const view = await scenePicture(byId.get(docId), 4096).region(boxPx, { width: viewPx, height: viewPx }, 'area')
        return { prompt: promptOf(view, prompt), reply }
      }),
    ),
  )
}

/** What the peer needs to know of `data`: pixels, and rows of text as wide as the model's context. */
function writeBatch(file, data) {
  const words = textTokens(defaultConfig)
  const sequences = data.map(({ prompt, reply }) => ({
    view: viewAndText(prompt).view,
    tokens: [...viewAndText(prompt).tokens, ...reply.slice(0, -1)],
    promptLength: textLength(prompt),
  }))
  const tokens = new Float32Array(batch * words)
  const goal = new Float32Array(batch * words)
  const colour = new Float32Array(batch * colourCount)
  for (const [b, sequence] of sequences.entries()) {
    tokens.set(sequence.tokens, b * words)
    const named = goalOf(sequence.tokens)
    for (const token of named.goalTokens) goal[b * words + sequence.tokens.indexOf(token)] = 1
    if (named.colour >= 0) colour[b * colourCount + named.colour] = 1
  }
  const next = new Float32Array(batch * words)
  const weights = new Float32Array(batch * words)
  for (const [b, { prompt, reply, weights: own }] of data.entries()) {
    next.set(reply, b * words + textLength(prompt) - 1)
    weights.set(own, b * words + textLength(prompt) - 1)
  }
  const views = Float32Array.from(data.flatMap(({ prompt }) => [...viewAndText(prompt).view.data]))
  const column = (valueOf) => ({ shape: [batch], values: Float32Array.from(sequences, valueOf) })
  const tensors = new Map([
    ['views', { shape: [batch, viewPx, viewPx, 3], values: views }],
    ['tokens', { shape: [batch, words], values: tokens }],
    ['goal', { shape: [batch, words], values: goal }],
    ['colour', { shape: [batch, colour.length / batch], values: colour }],
    ['next', { shape: [batch, words], values: next }],
    ['weights', { shape: [batch, words], values: weights }],
    ['lengths', column((sequence) => sequence.tokens.length)],
    ['promptLengths', column((sequence) => sequence.promptLength)],
  ])
  return writeSafetensors(file, { tensors, metadata: {} })
}

/** Asks the peer to do a job; it answers with what that cost it. */
function startPeer() {
  if (spawnSync(values.python, ['-c', 'import torch, numpy']).status !== 0) return undefined
  const peer = spawn(values.python, [new URL('embedded_peer.py', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  return {
    async do(job) {
      peer.stdin.write(`${JSON.stringify(job)}\n`)
      const { value } = await lines.next()
      if (value === undefined) throw new Error('the peer broke')
      return JSON.parse(value)
    },
    stop: () => peer.stdin.end(),
  }
}

async function train(engine, data) {
  const { loss } = await engine.forwardBackward(data, crossEntropy)
  await engine.optimStep(adam)
  return loss
}

/** One reply for each prompt of `data`, all asked for at once; seeds count up from `seed`. */
async function sample(engine, data, { seed, temperature, maxTokens }) {
  const sampler = await engine.sampler()
  const { signal } = new AbortController()
  return Promise.all(
    data.map(({ prompt }, i) => sampler.sample({ prompt, seed: seed + i, temperature, maxTokens }, { signal })),
  )
}

const folder = await mkdtemp(join(tmpdir(), 'bench-embedded-'))
const trained = existsSync(shipped)
const engines = [1, 2].map((workers) => createEmbeddedEngine({ seed: 1, workers }))
const peer = startPeer()
try {
  const data = await teacherTurns()
  const weights = join(folder, 'weights.safetensors')
  if (trained) await engines[0].load(shipped)
  await engines[0].saveForUse(weights)
  await engines[1].load(weights)
  const replyLengths = data.map(({ reply }) => reply.length)
  // Untrained, a reply hardly ever ends: it is cut where the teacher's are done.
  const sampling = { temperature: 1, maxTokens: trained ? textTokens(defaultConfig) : median(replyLengths) }
  const tokens = data.reduce((sum, { prompt, reply }) => sum + textLength(prompt) + reply.length, 0)
  console.log(
    `${batch} turns, ${tokens} text tokens, replies of ${Math.min(...replyLengths)} to ${Math.max(...replyLengths)}; ` +
      `${trained ? 'the shipped weights' : 'initial weights'}; ${cpus().length} x ${cpus()[0].model}; Node ${process.version}`,
  )
  if (peer === undefined)
    console.log(`Without the peer: ${values.python} has no torch (pip install torch numpy, or --python).`)
  else {
    const file = join(folder, 'batch.safetensors')
    await writeBatch(file, data)
    const ids = { end: special.end, firstCell: tokenOf(` ${cellName(cellsInOrder[0])}`) }
    const start = { do: 'start', config: defaultConfig, special: ids, adam, weights, batch: file }
    console.log(`PyTorch ${(await peer.do(start)).torch}`)
    await compare(data)
    await peer.do(start)
  }
  for (const engine of engines) await engine.load(weights)

  const samplers = {}
  const trainers = {}
  let seed = 0
  for (const [i, engine] of engines.entries()) {
    const threads = i + 1
    samplers[`ours ${threads}`] = async () => {
      let drawn = 0
      const spent = await cost(async () => {
        const replies = await sample(engine, data, { ...sampling, seed })
        for (const { logprobs } of replies) drawn += logprobs.length
      })
      seed += batch
      return perToken(spent, drawn)
    }
    trainers[`ours ${threads}`] = async () => {
      const spent = await cost(() => train(engine, data))
      return perToken(spent, tokens)
    }
    if (peer === undefined) continue
    samplers[`PyTorch ${threads}`] = async () => {
      const spent = await peer.do({ do: 'sample', threads, ...sampling })
      return perToken(spent, spent.drawn)
    }
    trainers[`PyTorch ${threads}`] = async () => {
      const spent = await peer.do({ do: 'train', threads })
      return perToken(spent, tokens)
    }
  }
  report('sampling', await medians(samplers, values.repeats))
  report('training', await medians(trainers, values.repeats))
} finally {
  peer?.stop()
  for (const engine of engines) await engine.close()
  await rm(folder, { recursive: true })
}

/** Both on the same weights and turns. A ratio means nothing where they do not compute the same. */
async function compare(data) {
  const greedy = { seed: 0, temperature: 0, maxTokens: 24 }
  const { replies: theirs } = await peer.do({ do: 'sample', ...greedy })
  for (const [i, engine] of engines.entries()) {
    const replies = await sample(engine, data, greedy)
    const same = replies.filter((reply, b) => reply.tokens.join() === theirs[b].join()).length
    console.log(`the same greedy reply, threads ${i + 1}: ${same} of ${batch}`)
  }
  for (let step = 0; step < 3; step++) {
    const losses = await Promise.all(engines.map((engine) => train(engine, data)))
    const { loss } = await peer.do({ do: 'train' })
    const apart = Math.max(...losses.map((own) => Math.abs(own - loss) / loss))
    console.log(
      `loss after ${step} steps: ours ${losses.map((own) => own.toFixed(6)).join(' and ')}, ` +
        `PyTorch ${loss.toFixed(6)}, relative difference ${apart.toExponential(1)}`,
    )
    if (!(apart < 1e-4)) throw new Error('the peer computes something else: its speed is no measure')
  }
}

/** Milliseconds a token. */
function perToken({ cpuMs, wallMs }, count) {
  return { cpuMs: cpuMs / count, wallMs: wallMs / count }
}

/** Tokens a second, of time passed and of processor time, and as a share of what PyTorch does with as many threads. */
function report(work, costs) {
  for (const [name, own] of Object.entries(costs)) {
    const theirs = costs[name.replace('ours', 'PyTorch')]
    const line = [`${work}, ${name}`.padEnd(20), `${perSecond(own.wallMs)} tokens/s (per core ${perSecond(own.cpuMs)})`]
    if (theirs !== undefined && theirs !== own) {
      line.push(`ours/PyTorch ${share(theirs.wallMs, own.wallMs)} (per core ${share(theirs.cpuMs, own.cpuMs)})`)
    }
    console.log(line.join('  '))
  }
}

function perSecond(msPerToken) {
  return (1000 / msPerToken).toFixed(0)
}

function share(a, b) {
  return (a / b).toFixed(2)
}
