/** `mini-o3 fork`: goes on from a turn of a stored search, with another box, thought or policy, and stores the result beside it. */
import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { judgeTrajectory } from '../judge/judge.ts'
import { autoPolicy } from '../policy/registry/kinds.ts'
import { checkPolicy, checkProblem, openPolicy } from '../policy/registry/open-policy.ts'
import { pictured } from '../protocol/originals.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { readSettings } from '../runs/configuration.ts'
import type { Settings } from '../runs/configuration.ts'
import { forksFolder } from '../runs/forks.ts'
import { sourceNamed } from '../search/fork.ts'
import { forkPlan } from '../server/api/forks.ts'
import type { Forkable } from '../server/api/forks.ts'
import { chosenItem } from '../server/runs/export-figure.ts'
import { openRuns } from '../server/runs/runs.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { sourceOf } from '../protocol/originals.ts'
import { shellWord } from '../shared/shell-word.ts'
import { addCommand } from './options/command.ts'
import { withBest } from './options/auto-policy.ts'
import { policyOptions } from './options/policy.ts'
import { chosenProfile, maxPixelsOption, profileOptions } from './options/profile.ts'
import { inGroup, only, parsed, required, restrict, text, whole } from './options/schema.ts'
import type { Values } from './options/schema.ts'
import { jsonOption } from './options/shared.ts'
import { print, printJson, say } from './print/output.ts'
import { searchAloud } from './print/search-aloud.ts'

type Corners = readonly [number, number, number, number]

const forkOptions = {
  ...inGroup('Problems', {
    problem: text('<id>', 'id of the problem; not needed if the run has only one'),
    sample: whole('which search of the problem, from 1', { min: 1, fallback: 1 }),
  }),
  ...policyOptions('ask', 0.3),
  ...profileOptions,
  ...maxPixelsOption,
  ...inGroup('Search', {
    turn: required(whole('turn to change, or without a change, the first one to take again', { min: 1 })),
    box: parsed<Corners>('<x0,y0,x1,y1>', 'box that the turn zooms to instead, in fractions of the source', readBox),
    ...restrict(
      {
        source: text('<name>', 'source of that box, such as observation_2', {
          fallbackText: 'that of the turn',
        }),
      },
      only<{ readonly box?: unknown }>(({ box }) => box !== undefined, 'for another box: add --box'),
    ),
    thought: text('<text>', 'thought of the turn instead'),
    maxTurns: whole('turn limit, including the repeated turns', {
      min: 1,
      max: 1000,
      fallbackText: 'that of the search',
    }),
    seed: whole('random seed', {
      takes: '<number>',
      min: 0,
      fallbackText: 'that of the search with another box or thought, otherwise another one',
    }),
  }),
  ...jsonOption,
}

type ForkOptions = Values<typeof forkOptions>

export function addFork(program: Command): void {
  addCommand(program, {
    name: 'fork',
    summary: 'continue from a turn of a stored search with another box, thought or policy',
    description:
      'Repeats the turns before --turn unchanged, changes that turn, and lets the policy continue from there. The fork is stored in <run>/forks, ' +
      'a run of its own that names the search it departs from; the run itself and its figures do not change. What was written by ' +
      'hand is marked, and is context without loss in training.',
    arguments: { '<run>': 'a run folder' },
    options: forkOptions,
    examples: [
      'mini-o3 fork runs/eval-1a2b3c4d --problem shapes_hard_17 --turn 4 --box 0.5,0.5,0.75,0.75',
      'mini-o3 fork runs/eval-1a2b3c4d --problem shapes_hard_17 --sample 2 --turn 3 --box 0,0,0.5,0.5 --source observation_1',
      'mini-o3 fork runs/eval-1a2b3c4d --problem p7 --turn 2 --policy chat:Qwen/Qwen2.5-VL-7B-Instruct --base-url http://127.0.0.1:8000/v1',
    ],
    run: async (options, [run = ''], command) =>
      forkCommand(run, options.policy === autoPolicy ? await withBest(command, options) : options),
  })
}

function readBox(given: string): Corners {
  const [x0 = NaN, y0 = NaN, x1 = NaN, y1 = NaN, ...more] = given.split(',').map((edge) => Number(edge.trim() || NaN))
  const edges = [x0, y0, x1, y1] as const
  const inside = more.length === 0 && edges.every((edge) => edge >= 0 && edge <= 1)
  if (inside && x0 < x1 && y0 < y1) return edges
  throw new InvalidArgumentError(
    'It has to be four fractions of the source: left, top, right, bottom, such as 0.25,0.5,0.5,0.75.',
  )
}

async function forkCommand(run: string, options: ForkOptions): Promise<void> {
  checkPolicy(options, 'ask')
  const settings = await readSettings(run)
  const runs = openRuns(run)
  const { items } = await runs.details('.')
  const forkable = await runs.forkable('.', chosenItem(items, options).index)
  checkProblem(options, forkable.search.problem)
  const own = chosenProfile(options)
  const policy = await openPolicy(options, own)
  const interrupt = catchInterrupt(() => say('Stopping. The fork is not stored.'))
  try {
    const { signal } = interrupt
    const plan = forkPlan(forkable, wordsOf(options, forkable), { profile: own, policy: () => policy })
    const task = { ...pictured(forkable.pictures.map(({ picture }) => picture)), problem: forkable.search.problem }
    const stream = options.json ? process.stderr : process.stdout
    const fork = await searchAloud(task, policy, { ...plan, signal }, stream)
    await told(run, settings, await judged(fork, forkable), forkable, options)
  } finally {
    interrupt.release()
    await policy.close?.()
  }
}

function wordsOf(options: ForkOptions, { search }: Forkable): Parameters<typeof forkPlan>[1] {
  const { turn, box, source, thought, seed, maxTurns } = options
  const index = source === undefined ? sourceOf(search, turn) : sourceNamed(source, search, turn)
  return { turn, thought, seed, maxTurns, look: box && { box: [...box], source: index } }
}

function judged(fork: Trajectory, { judge }: Forkable): Trajectory | Promise<Trajectory> {
  return fork.problem.answer === undefined ? fork : judgeTrajectory(fork, judge, undefined)
}

async function told(
  run: string,
  settings: Settings,
  fork: Trajectory,
  { keep }: Forkable,
  { json }: ForkOptions,
): Promise<void> {
  const links = await keep?.(fork)
  const folder = resolve(forksFolder({ path: run, settings }))
  const index = Number(links?.page.split('/').at(-1))
  const { answer, end, verdict, turns, usage, ms } = fork
  if (json)
    return printJson({
      answer,
      end,
      verdict: verdict?.kind,
      reason: verdict?.reason,
      turns: turns.length,
      run: folder,
      index,
      usage,
      ms,
    })
  if (verdict) print(`Verdict: ${verdict.kind} (${verdict.reason}).`)
  print(`Stored as search ${index + 1} of ${folder}. To look at it: mini-o3 view ${shellWord(folder)}`)
}
