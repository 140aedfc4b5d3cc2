/** `mini-o3 demo`: draws three held-out scenes, searches them with the embedded policy, and prints the turns. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { writePage } from '../page/write-page.ts'
import type { SearchToShow } from '../page/write-page.ts'
import { drawScene } from '../probe/draw.ts'
import { sceneRefs } from '../probe/dataset.ts'
import { makeProblem, sceneFrom } from '../probe/problem.ts'
import { profiles } from '../protocol/profile.ts'
import { reasonOf } from '../protocol/reason.ts'
import { countReasons } from '../protocol/reason-count.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import type { Policy } from '../policy/policy.ts'
import { openPolicy, policySettings } from '../policy/registry/open-policy.ts'
import { throwIfAborted } from '../shared/errors.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { hashSeed } from '../shared/random.ts'
import { searchesPage } from '../runs/files.ts'
import { searchLog } from '../runs/searches.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { encodeJpeg } from '../vision/encode.ts'
import { openPicture } from '../vision/open.ts'
import { inCommandRun } from './command-run.ts'
import { print, printJson, say } from './print/output.ts'
import { searchAloud } from './print/search-aloud.ts'
import { incompleteSearches } from './incomplete.ts'
import { addCommand } from './options/command.ts'
import { temperatureOption } from './options/policy.ts'
import { inGroup, text } from './options/schema.ts'
import type { Values } from './options/schema.ts'
import { runOptions, seedOption } from './options/shared.ts'

const demoOptions = {
  ...inGroup('Search', {
    checkpoint: text('<file>', 'weights of the embedded policy', { fallbackText: 'the shipped ones' }),
    temperature: temperatureOption(0.3),
    ...seedOption(),
  }),
  ...runOptions,
}

type DemoOptions = Values<typeof demoOptions>

const sidePx = 4096

export function addDemo(program: Command): void {
  addCommand(program, {
    name: 'demo',
    summary: 'search three held-out scenes and show every turn',
    description:
      'Draws an easy, a medium and a hard scene of 4096 x 4096 pixels, searches each, and writes a page that replays them.',
    options: demoOptions,
    examples: ['mini-o3 demo', 'mini-o3 demo --seed 7 --run runs/seven'],
    run: demo,
  })
}

async function demo(options: DemoOptions): Promise<void> {
  const { seed, checkpoint, temperature } = options
  const policyOptions = { policy: 'embedded', checkpoint, temperature }
  const settings = { seed, ...(await policySettings(policyOptions)) }
  const policy = await openPolicy(policyOptions, profiles.embedded)
  const interrupt = catchInterrupt(() => say('Stopping.'))
  try {
    await inCommandRun('demo', settings, options.run, (run) => searchScenes(options, policy, run, interrupt.signal))
  } finally {
    interrupt.release()
    await policy.close?.()
  }
}

async function searchScenes(options: DemoOptions, policy: Policy, run: RunFolder, signal: AbortSignal): Promise<void> {
  const { seed } = options
  const stream = options.json ? process.stderr : process.stdout
  const profile = profiles.embedded
  const searches: SearchToShow[] = []
  for (const ref of sceneRefs('test', 3, hashSeed('demo', seed))) {
    throwIfAborted(signal)
    const scene = sceneFrom(ref)
    const drawn = await encodeJpeg(drawScene(scene, [0, 0, 1, 1], { width: sidePx, height: sidePx }))
    const file = await run.keepImage(drawn, 'jpg')
    const picture = await openPicture(file)
    stream.write(`\n${ref.level} scene, ${sidePx} x ${sidePx} pixels, ${file}\n`)
    const task = { picture, problem: makeProblem(scene) }
    const trajectory = await searchAloud(task, policy, { profile, seed, signal }, stream)
    searches.push({ title: ref.level, trajectory, picture, profile })
  }
  const page = run.file(searchesPage)
  const trajectories = searches.map(({ trajectory }) => trajectory)
  await run.replace(searchLog, trajectories)
  await writePage(page, 'Three searches', searches)
  const right = trajectories.filter(({ verdict }) => verdict?.kind === 'correct').length
  if (options.json) printJson({ searches: trajectories.map(brief), correct: right, page: resolve(page), run: run.path })
  else print(`\n${right} of ${searches.length} right. Replay every turn in a browser:\n${resolve(page)}`)
  const failed = trajectories.filter(({ end }) => end === 'failed').length
  const reasons = countReasons(trajectories.map(reasonOf))
  const incomplete = incompleteSearches({ total: trajectories.length, failed, refused: 0, unjudged: 0, reasons })
  if (incomplete) throw incomplete
}

function brief({ problem, answer, verdict, end, turns }: Trajectory): object {
  const { level, question, answer: truth } = problem
  return { level, question, answer, truth, verdict: verdict?.kind, end, turns: turns.length }
}
