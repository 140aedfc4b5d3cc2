/** Reads what the stages of a finished recipe left in their folders. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { changeTable } from '../evaluate/figures/learning.ts'
import type { Table } from '../page/page-data.ts'
import { readEvalRun } from '../evaluate/read-run.ts'
import type { EvalSummary } from '../evaluate/figures/summary.ts'
import { ends } from '../protocol/trajectory.ts'
import { MiniO3Error } from '../shared/errors.ts'
import { searchesPage } from '../runs/files.ts'
import { readLog } from '../runs/log.ts'
import { readSteps } from '../runs/training.ts'
import { readStageLog } from './stage-log.ts'
import type { StageLine } from '../runs/recipe-stages.ts'
import { policies, recipeStages, rlStages } from './stages.ts'
import type { PolicyName, RecipeSettings, TrainedName } from './stages.ts'

export interface RecipeResults {
  readonly settings: RecipeSettings
  /** In their order, with what they took. */
  readonly stages: readonly StageLine[]
  readonly evals: Readonly<Record<PolicyName, EvalSummary>>
  /** In the order of steps. */
  readonly training: Readonly<Record<TrainedName, readonly TrainingStep[]>>
  /** What the first steps were like and the last; absent where there is only one. */
  readonly changes: Readonly<Record<TrainedName, Table | undefined>>
  /** Pages of single searches that are there, relative to the recipe's folder. */
  readonly pages: readonly string[]
}

/** What the searches of a step of reinforcement learning were like; shares are fractions. */
export interface TrainingStep {
  readonly step: number
  /** Share of right searches. */
  readonly reward: number
  /** Mean turns of a search. */
  readonly turns: number
  readonly overTurnShare: number
}

/** Throws `MiniO3Error` when a stage has not left what it should have. */
export async function readResults(folder: string, settings: RecipeSettings): Promise<RecipeResults> {
  const log = await readStageLog({ read: (wanted) => readLog(folder, wanted) })
  const stages = recipeStages(settings, folder).flatMap(({ name }) => log.get(name) ?? [])
  const evaluation = async (policy: PolicyName): Promise<EvalSummary> =>
    (await readEvalRun(join(folder, `eval-${policy}`), {}, { asJudged: true })).summary
  const changes = async (objective: TrainedName): Promise<Table | undefined> => {
    const steps = await readSteps({ path: join(folder, rlStages[objective]) }, 'rl')
    return changeTable({ name: 'rl', steps })
  }
  const training = (objective: TrainedName): Promise<TrainingStep[]> => readTraining(join(folder, rlStages[objective]))
  const pages = ['collect', ...policies.map((policy) => `eval-${policy}`)].map((name) => `${name}/${searchesPage}`)
  const there = await Promise.all(pages.map((page) => exists(join(folder, page))))
  return {
    settings,
    stages,
    evals: {
      masked: await evaluation('masked'),
      vanilla: await evaluation('vanilla'),
      sft: await evaluation('sft'),
    },
    training: { masked: await training('masked'), vanilla: await training('vanilla') },
    changes: { masked: await changes('masked'), vanilla: await changes('vanilla') },
    pages: pages.filter((_, index) => there[index]),
  }
}

const shareSchema = z.number().min(0).max(1)
const stepSchema = z.object({
  step: z.int().positive(),
  reward: shareSchema,
  turns: z.number().nonnegative(),
  ends: z.record(z.enum(ends), shareSchema),
})

async function readTraining(path: string): Promise<TrainingStep[]> {
  const steps = (await readSteps({ path }, 'rl')).flatMap((line) => {
    const { data } = stepSchema.safeParse(line)
    return data === undefined ? [] : [{ ...data, overTurnShare: data.ends['over-turn'] }]
  })
  if (steps.length === 0)
    throw new MiniO3Error('metrics-missing', `${path} contains no step of reinforcement learning.`)
  return steps
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
