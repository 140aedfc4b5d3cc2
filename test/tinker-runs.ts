/** Tiny training runs for tests of engines: problems, trajectories and settings, the figures of a run, and its weights. */
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCheckpoint } from '../src/engine/embedded/checkpoint.ts'
import { createEmbeddedEngine } from '../src/engine/embedded/embedded-engine.ts'
import { promptOf } from '../src/engine/engine.ts'
import { type Datum, defaultAdam } from '../src/engine/engine.ts'
import { defaultConfig, type ModelConfig } from '../src/model/config.ts'
import { teacherPolicy } from '../src/policy/teacher/teacher.ts'
import { makeProblem } from '../src/probe/problem.ts'
import { makeScene } from '../src/probe/scene.ts'
import { scenePicture } from '../src/probe/scene-picture.ts'
import { profiles } from '../src/protocol/profile.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import type { Task } from '../src/search/search.ts'
import { searchToEnd } from '../src/search/search-many.ts'
import { openRun, type RunFolder } from '../src/runs/run-folder.ts'
import { coldStartTurns } from '../src/train/sft/cold-start-turns.ts'
import { readSteps, type Stage } from '../src/runs/training.ts'
import { defaultRlSettings, type RunRlSettings } from '../src/train/rl/run-rl.ts'
import type { RunSftSettings } from '../src/train/sft/run-sft.ts'
import { view } from '../src/vision/fit.ts'
import type { Picture, Pixels } from '../src/vision/picture.ts'

export const tinyModel: ModelConfig = {
  ...defaultConfig,
  width: 32,
  layers: 1,
  heads: 1,
  mlpWidth: 64,
  stemChannels: [8, 8, 16],
}

const scenes = [1, 2].map((seed) => makeScene(seed, 'easy', seed))
/** Draws each region once: searches in training look at the same few again and again. */
function drawnOnce(picture: Picture): Picture {
  const drawn = new Map<string, Promise<Pixels>>()
  return {
    ...picture,
    region(...wanted) {
      const key = JSON.stringify(wanted)
      const pixels = drawn.get(key) ?? picture.region(...wanted)
      drawn.set(key, pixels)
      return pixels
    },
  }
}

export const tinyTasks: readonly Task[] = scenes.map((scene) => ({
  picture: drawnOnce(scenePicture(scene, 512)),
  problem: makeProblem(scene),
}))
export const tinyProblems = { easy: tinyTasks.map((task) => async () => task), medium: [], hard: [] }
export const openTinyPicture = async (docId: string) => tinyTasks.find((task) => task.problem.docId === docId)!.picture

export function tinyTrajectories(): Promise<Trajectory[]> {
  const teacher = teacherPolicy({ sceneOf: ({ docId }) => scenes.find((scene) => makeProblem(scene).docId === docId)! })
  const options = { profile: profiles.embedded, seed: 1 }
  return Promise.all(tinyTasks.map(async (task) => (await searchToEnd(task, teacher, options)).trajectory))
}

export const tinySft: RunSftSettings = {
  lookSteps: 0,
  lookBatch: 1,
  lookRate: 1e-3,
  steps: 3,
  batch: 3,
  learningRate: 1e-3,
  warmupSteps: 1,
  trainStem: true,
  seed: 1,
  saveEvery: 1,
}

export const tinyRl: RunRlSettings = {
  ...defaultRlSettings,
  objective: 'vanilla',
  steps: 2,
  problemsPerStep: 2,
  groupSize: 4,
  maxTurns: 2,
  updates: 1,
  warmupSteps: 1,
  saveEvery: 1,
  mix: { easy: 1, medium: 0, hard: 0 },
}

export function tinyFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'tinker-'))
}

export async function tinyRun(settings: object): Promise<RunFolder> {
  return openRun(join(await tinyFolder(), 'run'), settings)
}

/** A checkpoint to begin with, which answers at once and is sometimes right: groups of its searches have a spread. */
export async function tinyCheckpoint(seed: number): Promise<string> {
  const engine = createEmbeddedEngine({ config: tinyModel, seed, workers: 1 })
  const data = await Promise.all((await tinyTrajectories()).map(guess))
  for (let step = 0; step < 40; step++) {
    await engine.forwardBackward(data, { kind: 'cross-entropy' })
    await engine.optimStep({ ...defaultAdam, learningRate: 3e-3 })
  }
  const file = join(await tinyFolder(), 'from.safetensors')
  await engine.saveForUse(file)
  await engine.close()
  return file
}

/** The answer of a search, as if it were said to the first view. */
async function guess(trajectory: Trajectory): Promise<Datum> {
  const turns = coldStartTurns(trajectory)
  const { prompt, boxPx } = turns[0]!
  const { reply } = turns.at(-1)!
  const seen = await view(await openTinyPicture(trajectory.problem.docId), boxPx, profiles.embedded.observationView)
  return { prompt: promptOf(seen, prompt), reply, weights: reply.map(() => 1 / reply.length) }
}

/** What a run measured, without what depends on the clock or only one engine can tell. */
export async function figuresOf(run: RunFolder, stage: Stage): Promise<unknown[]> {
  const other = /Ms$|PerSecond$|^(?:accuracy|partAccuracy|usage)$/
  return (await readSteps(run, stage)).map((line) =>
    Object.fromEntries(Object.entries(line).filter(([name]) => !other.test(name))),
  )
}

export async function weightsOf(file: string): Promise<Float32Array> {
  return (await readCheckpoint(file)).parameters
}

/** The weights that a note in a run folder points at, from the folder of the test server. */
export async function servedWeights(note: string, folder: string): Promise<Float32Array> {
  const { weights } = JSON.parse(await readFile(note, 'utf8')) as { weights: string }
  return weightsOf(join(folder, `${weights.slice('tinker://'.length)}.safetensors`))
}
