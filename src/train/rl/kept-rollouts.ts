/** Selects the training searches that are stored for inspection. */
import { rolloutLog } from '../../runs/searches.ts'
import type { RolloutLine } from '../../runs/searches.ts'
import type { TurnTokens } from '../../protocol/turn-record.ts'
import type { TokenSample } from '../../policy/policy.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { itemAt } from '../../shared/known.ts'
import type { Learner } from '../learner.ts'
import type { RolloutGroup } from './rollout.ts'

/** Problems of a step whose searches are kept, and steps that are kept of a whole run: more would only fill the disk. */
const problemsKept = 2
const stepsKept = 200
/** Tokens whose log-probabilities and entropies are kept of a search, at some six bytes a figure. */
const tokensKept = 4096

/** Steps are kept evenly over the run's `steps`, the first one always. */
export async function keepRollouts(
  run: RunFolder,
  groups: readonly RolloutGroup[],
  { step, steps, lengthsOf }: { readonly step: number; readonly steps: number } & Pick<Learner, 'lengthsOf'>,
): Promise<void> {
  if ((step - 1) % Math.ceil(steps / stepsKept) !== 0) return
  const kept = groups.slice(0, problemsKept)
  const lines = kept.flatMap(({ rollouts, advantages }) =>
    rollouts.map(({ trajectory, samples }, i): RolloutLine => {
      return { step, advantage: itemAt(advantages, i), trajectory, tokens: keptTokens(samples, lengthsOf) }
    }),
  )
  await Promise.all(lines.map((line) => run.append(rolloutLog, line)))
}

function keptTokens(samples: readonly TokenSample[], lengthsOf: Learner['lengthsOf']): TurnTokens[] {
  let room = tokensKept
  const kept: TurnTokens[] = []
  for (const { reply, logprobs, entropies } of samples) {
    room -= reply.length
    if (room < 0) break
    const figures = { logprobs: logprobs.map(hundredths), ...(entropies && { entropies: entropies.map(hundredths) }) }
    kept.push({ lengths: lengthsOf(reply), ...figures })
  }
  return kept
}

/** Finite and never -0: JSON has no other numbers. */
function hundredths(value: number): number {
  return value > leastLogprob ? Math.round(value * 100) / 100 || 0 : leastLogprob
}

const leastLogprob = -100
