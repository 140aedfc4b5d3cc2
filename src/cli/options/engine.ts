/** `--engine` and its related options: where gradients are computed, and the size of the job (`--plan`). */
import { type Engine, usageAt } from '../../engine/engine.ts'
import { engineForms, engineNamed } from '../../engine/open-engine.ts'
import type { Training } from '../../engine/open-engine.ts'
import { money } from '../../protocol/price.ts'
import { engineFile } from '../../runs/files.ts'
import { writeRunFile } from '../../runs/run-file.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { Plan } from '../../train/plan.ts'
import { bytesText } from '../../shared/bytes.ts'
import { print, printJson, say } from '../print/output.ts'
import { tinkerServerOptions } from './policy.ts'
import { flag, inGroup, only, restrict, text } from './schema.ts'
import type { Values } from './schema.ts'
import { workersOption } from './shared.ts'
import { tokenPriceOption } from './token-price.ts'

const onServer = (values: { readonly engine: string }): boolean => engineNamed(values).isRemote

export const engineOptions = {
  ...inGroup('Training', {
    engine: text('<where>', `where to train: ${engineForms}`, { fallback: 'embedded' }),
    plan: flag('print tokens, bytes and steps without sending anything'),
    ...restrict(
      workersOption,
      only<{ readonly engine: string }>((values) => !onServer(values), 'for --engine embedded: use that'),
    ),
  }),
  ...inGroup(
    'Server',
    {
      apiKeyEnv: text('<name>', 'tinker: environment variable that holds the API key'),
      ...tinkerServerOptions,
      ...tokenPriceOption,
    },
    only(onServer, 'for a training server: add --engine tinker:http://host:8000'),
  ),
}

export type EngineOptions = Values<typeof engineOptions>

/** Opens the engine for a training run; prints the settings that it ignores and stores them in the run. */
export async function openEngine(options: EngineOptions, run: RunFolder, training: Training): Promise<Engine> {
  const engine = await engineNamed({ ...options, ...(options.price && { prices: options.price }) }).open(training)
  for (const note of engine.ignoredSettings) say(note)
  await writeRunFile(run.path, engineFile, { ...engine.about, deviations: engine.ignoredSettings })
  return engine
}

/** How to use the result of the training. */
export function useOf(policy: string, { checkpointSuffix }: Engine): string {
  return checkpointSuffix === '.json'
    ? `The weights are on the server: continue with --from ${policy}`
    : `Use it with --checkpoint ${policy}`
}

/** Costs at the prices that are given: nothing is asked of a service for a plan. */
export function printPlan(plan: Plan, { json, price }: Pick<EngineOptions, 'price'> & { readonly json?: true }): void {
  const { cost } = usageAt(
    { prompt: plan.promptTokens, cached: 0, sampled: plan.sampledTokens, trained: plan.trainedTokens },
    price,
  )
  if (json) return printJson({ plan: cost === undefined ? plan : { ...plan, cost } })
  const { steps, sequences, trainedTokens, sampledTokens, promptTokens, sentBytes, samplingRounds, atMost } = plan
  const most = atMost ? 'at most ' : ''
  const count = (value: number): string => value.toLocaleString('en-US')
  print(`${count(steps)} optimiser steps on ${most}${count(sequences)} sequences`)
  print(`trained: ${most}${count(trainedTokens)} tokens`)
  if (sampledTokens > 0)
    print(`sampled: ${most}${count(sampledTokens)} tokens, from ${count(promptTokens)} prompt tokens`)
  print(`sent: ${most}${bytesText(sentBytes)}`)
  if (cost !== undefined) print(`cost: ${most}${money(cost)}, without checkpoints and discounts for cached tokens`)
  if (samplingRounds > 1)
    print(
      `This assumes one sampling round per step. Groups without spread are replaced, in up to ${samplingRounds} rounds.`,
    )
}
