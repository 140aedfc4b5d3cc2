/**
 * How much of a GRPO gradient is signal, and what one optimiser step does with it:
 * node scripts/gradient-signal.mjs <checkpoint> [problems]
 * Searches problems in groups of sixteen, six turns each, and halves the groups that teach. Prints the cosine between the
 * gradients of the halves and, for several epsilons of Adam, what one step on the first half gains on the second (the
 * objective's first-order change, in advantage a token) and how far it moves the policy (mean fall of log p a token).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCheckpoint } from '../dist/engine/embedded/checkpoint.js'
import { createEmbeddedEngine } from '../dist/engine/embedded/embedded-engine.js'
import { defaultAdam } from '../dist/engine/engine.js'
import { judgeExact } from '../dist/judge/exact.js'
import { samplerPolicy } from '../dist/policy/embedded/sampler-policy.js'
import { makeProblem } from '../dist/probe/problem.js'
import { makeScene } from '../dist/probe/scene.js'
import { scenePicture } from '../dist/probe/scene-picture.js'
import { profiles } from '../dist/protocol/profile.js'
import { policyData, rolloutGroups } from '../dist/train/rl/rollout.js'

const [checkpoint, count = '48'] = process.argv.slice(2)
if (checkpoint === undefined || !/^\d+$/.test(count)) {
  console.error('usage: node scripts/gradient-signal.mjs <checkpoint> [problems]')
  process.exit(2)
}
const levels = /** @type {const} */ (['easy', 'medium', 'medium', 'medium'])
const firstSeed = 900_000
const objective = 'official'
const ppo = { kind: /** @type {const} */ ('ppo'), clipLow: 0.2, clipHigh: 0.3 }
const steps = [
  { epsilon: 1e-9, learningRate: 1e-4 },
  { epsilon: 1e-5, learningRate: 1e-4 },
  { epsilon: 1e-4, learningRate: 2e-4 },
  { epsilon: 1e-3, learningRate: 8e-4 },
]

const { config } = await readCheckpoint(checkpoint)
const engine = createEmbeddedEngine({ frozenStem: true, config })
const folder = await mkdtemp(join(tmpdir(), 'gradient-signal-'))

const fresh = () => engine.loadWeights(checkpoint)

/** The gradient itself: with an epsilon that drowns everything, a step is the gradient times rate over epsilon. */
async function gradientOf(data) {
  await fresh()
  await engine.forwardBackward(data, ppo)
  await engine.optimStep({ learningRate: 1e6, beta1: 0, beta2: 0, epsilon: 1e6, weightDecay: 0, clipNorm: 1e9 })
  const file = join(folder, 'moved.safetensors')
  await engine.save(file)
  const [{ parameters: before }, { parameters: after }] = [await readCheckpoint(checkpoint), await readCheckpoint(file)]
  return before.map((value, i) => value - after[i])
}

function cosine(a, b) {
  let [ab, aa, bb] = [0, 0, 0]
  for (const [i, value] of a.entries()) {
    ab += value * b[i]
    aa += value * value
    bb += b[i] * b[i]
  }
  return ab / Math.sqrt(aa * bb)
}

try {
  await fresh()
  const tasks = Array.from({ length: Number(count) }, (_, i) => {
    const scene = makeScene(firstSeed + i, levels[i % levels.length])
    return { picture: scenePicture(scene, 4096), problem: makeProblem(scene) }
  })
  const policy = samplerPolicy('embedded', await engine.sampler(), 1)
  const options = { groupSize: 16, maxTurns: 6, profile: profiles.embedded, seed: 5 }
  const { groups } = await rolloutGroups(tasks, policy, judgeExact, { ...options, objective })
  const teaching = groups.filter(({ zeroSpread }) => !zeroSpread)
  const halves = [0, 1].map((half) => {
    const own = teaching.filter((_, i) => i % 2 === half)
    return { groups: own.length, data: policyData(own, objective) }
  })
  const gradients = [await gradientOf(halves[0].data), await gradientOf(halves[1].data)]
  console.log(
    `groups that teach: ${teaching.length} of ${groups.length}; halves of ${halves.map((half) => half.groups).join()}`,
  )
  console.log(`cosine between the gradients of the halves: ${cosine(...gradients).toFixed(3)}`)
  for (const step of steps) {
    await fresh()
    await engine.forwardBackward(halves[0].data, ppo)
    await engine.optimStep({ ...defaultAdam, ...step, weightDecay: 0 })
    const { logprobs } = await engine.forwardBackward(halves[1].data, ppo)
    let [gain, fall, tokens] = [0, 0, 0]
    for (const [d, row] of logprobs.entries()) {
      for (const [i, value] of row.entries()) {
        const change = value - halves[1].data[d].oldLogprobs[i]
        gain += halves[1].data[d].advantages[i] * change
        fall -= change
        tokens++
      }
    }
    const words = `epsilon ${step.epsilon}, rate ${step.learningRate}`
    console.log(`${words}: gains ${gain.toExponential(2)}, moves ${(fall / tokens).toExponential(2)}`)
  }
} finally {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
}
