/**
 * What a step of reinforcement learning costs and where its time goes: `runRl` as `mini-o3 rl` calls it, with its own
 * settings, from the weights that ship, on scenes made here. The first step compiles and is left out. Sampling and
 * training have their peer in `embedded.mjs`, which compares them with the same model in PyTorch.
 *
 *     npm run build && node bench/rl.mjs [--steps 4] [--workers 2] [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedEngine } from '../dist/engine/embedded/embedded-engine.js'
import { defaultConfig } from '../dist/model/config.js'
import { coldStartCheckpoint } from '../dist/policy/embedded/embedded-policy.js'
import { makeProblem } from '../dist/probe/problem.js'
import { makeScene } from '../dist/probe/scene.js'
import { scenePicture } from '../dist/probe/scene-picture.js'
import { openRun } from '../dist/runs/run-folder.js'
import { embeddedLearner } from '../dist/train/learner.js'
import { defaultRlSettings, runRl } from '../dist/train/rl/run-rl.js'
import { benchOptions } from './measure.mjs'

const values = benchOptions(
  { steps: 4, workers: Math.min(8, availableParallelism()), problems: defaultRlSettings.problemsPerStep, json: false },
  { steps: 1, workers: 1, problems: 1 },
)
const { steps, workers } = values
if (!(Number.isInteger(steps) && steps >= 1 && Number.isInteger(workers) && workers >= 1)) {
  console.error('error: --steps and --workers have to be whole numbers, 1 or more.')
  process.exit(2)
}

const scenesPerLevel = 200
const settings = { ...defaultRlSettings, problemsPerStep: values.problems, steps: steps + 1, saveEvery: steps + 1 }
const scenesOf = (level) =>
  Array.from({ length: scenesPerLevel }, (_, i) => async () => {
    const scene = makeScene(i, level)
    return { problem: makeProblem(scene), picture: scenePicture(scene, 4096) }
  })
const problems = { easy: scenesOf('easy'), medium: scenesOf('medium'), hard: scenesOf('hard') }

const folder = await mkdtemp(join(tmpdir(), 'bench-rl-'))
const run = await openRun(join(folder, 'run'), settings)
const measured = []
let cpu
try {
  await runRl({
    problems,
    learner: embeddedLearner({ viewSide: defaultConfig.viewPx, contextLimit: null }),
    from: coldStartCheckpoint,
    settings,
    run,
    engine: createEmbeddedEngine({ frozenStem: true, workers }),
    onStep: (metrics) => {
      if (cpu !== undefined) measured.push(metrics)
      cpu ??= process.cpuUsage()
    },
  })
  cpu = process.cpuUsage(cpu)
} finally {
  await run.close()
  await rm(folder, { recursive: true })
}

const sum = (name) => measured.reduce((total, metrics) => total + metrics[name], 0)
const stepMs = sum('rolloutMs') + sum('trainMs')
const figures = {
  steps,
  workers,
  secondsAStep: stepMs / 1000 / steps,
  searchesPerSecond: sum('searches') / (stepMs / 1000),
  turns: sum('turns') / steps,
  sampledTokensPerSecond: sum('sampledTokens') / (sum('rolloutMs') / 1000),
  trainedTokensPerSecond: sum('trainedTokens') / (sum('trainMs') / 1000),
  shares: {
    rollouts: sum('rolloutMs') / stepMs,
    training: sum('trainMs') / stepMs,
    drawing: sum('drawMs') / stepMs,
    outsideEngine: sum('outsideMs') / stepMs,
  },
  /** Processor time over time passed: less than `workers` where others use the machine. */
  coresUsed: (cpu.user + cpu.system) / 1000 / stepMs,
  peakMemoryMiB: process.resourceUsage().maxRSS / 1024,
}

if (values.json) console.log(JSON.stringify(figures))
else print(figures)

function print({ shares, ...rest }) {
  const { problemsPerStep, groupSize, maxTurns } = settings
  const percent = (share) => `${(share * 100).toFixed(1)} %`
  const lines = [
    ['searches a second, of the whole step', rest.searchesPerSecond.toFixed(2)],
    ['turns a search', rest.turns.toFixed(1)],
    ['sampled tokens a second, of rollouts', rest.sampledTokensPerSecond.toFixed(0)],
    ['trained tokens a second, of training', rest.trainedTokensPerSecond.toFixed(0)],
    ['seconds a step', rest.secondsAStep.toFixed(1)],
    ['  in rollouts', percent(shares.rollouts)],
    ['    drawing, beside the workers', percent(shares.drawing)],
    ['  in training', percent(shares.training)],
    ['  outside the engine (workers idle, mean)', percent(shares.outsideEngine)],
    ['cores used', rest.coresUsed.toFixed(2)],
    ['peak memory, MiB', rest.peakMemoryMiB.toFixed(0)],
  ]
  console.log(
    `${steps} steps of ${problemsPerStep} x ${groupSize} searches with up to ${maxTurns} turns, ${workers} workers; ` +
      `${cpus().length} x ${cpus()[0].model}; Node ${process.version}; load ${loadavg()[0].toFixed(1)}`,
  )
  const width = Math.max(...lines.map(([name]) => name.length))
  for (const [name, value] of lines) console.log(`${name.padEnd(width)}  ${value.padStart(8)}`)
}
