/** `--engine` and what belongs to it: where gradients are computed, and what that will come to. */
import type { ChatModel } from '../../model/qwen/chat-model.ts'
import { connectEngine } from '../../engine/tinker/connect.ts'
import { unhonoured } from '../../engine/tinker/server-kinds.ts'
import type { TinkerEngine } from '../../engine/tinker/tinker-engine.ts'
import { UserError } from '../../shared/errors.ts'
import { engineFile } from '../../runs/files.ts'
import { writeRunFile } from '../../runs/run-file.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { Plan } from '../../train/plan.ts'
import { print, printJson, say } from '../print/output.ts'
import { tinkerServerOptions } from './policy.ts'
import { flag, inGroup, only, restrict, text } from './schema.ts'
import type { Values } from './schema.ts'
import { workersOption } from './shared.ts'

const onServer = (values: { readonly engine: string }): boolean => tinkerUrl(values) !== undefined

export const engineOptions = {
  ...inGroup('Training', {
    engine: text('<where>', 'embedded, or tinker:<url> of a Tinker-compatible server', { fallback: 'embedded' }),
    plan: flag('print tokens, bytes and steps, and send nothing'),
    ...restrict(
      workersOption,
      only<{ readonly engine: string }>((values) => !onServer(values), 'for --engine embedded: use that'),
    ),
  }),
  ...inGroup(
    'Server',
    { apiKeyEnv: text('<name>', 'tinker: environment variable that holds the API key'), ...tinkerServerOptions },
    only(onServer, 'for a training server: add --engine tinker:http://host:8000'),
  ),
}

export type EngineOptions = Values<typeof engineOptions>

/** The address behind `tinker:`, or undefined for the embedded engine. Throws `UserError`. */
export function tinkerUrl({ engine }: { readonly engine: string }): string | undefined {
  if (engine === 'embedded') return undefined
  if (/^tinker:https?:\/\//.test(engine)) return engine.slice('tinker:'.length)
  throw new UserError('engine-unknown', `No engine "${engine}". Say embedded, or tinker:http://host:8000.`)
}

/** What of the engine decides what is computed; addresses may change between a run and its resumption. */
export function engineSettings(options: EngineOptions): object {
  if (tinkerUrl(options) === undefined) return {}
  const { baseModel, tinkerServer, loraRank } = options
  return { engine: { kind: 'tinker', server: tinkerServer, baseModel, loraRank } }
}

/** Connects, and keeps in the run what the server does otherwise than it is asked. Nothing for the embedded engine. */
export async function openEngine(
  options: EngineOptions,
  run: RunFolder,
  seed: number,
  vlm?: ChatModel,
): Promise<TinkerEngine | undefined> {
  const url = tinkerUrl(options)
  if (url === undefined) return undefined
  const engine = await connectEngine({ ...options, url }, seed, vlm)
  const deviations = unhonoured(engine.kind)
  for (const note of deviations) say(note)
  const kept = { server: engine.kind.name, baseModel: engine.baseModel, deviations }
  await writeRunFile(run.path, engineFile, kept)
  return engine
}

/** What to do with the result of training. */
export function useOf(policy: string, elsewhere: boolean): string {
  return elsewhere ? `The server has the weights: go on with --from ${policy}` : `Use it with --checkpoint ${policy}`
}

export function printPlan(plan: Plan, json: true | undefined): void {
  if (json) return printJson({ plan })
  const { steps, sequences, trainedTokens, sampledTokens, promptTokens, sentBytes, samplingRounds, atMost } = plan
  const most = atMost ? 'at most ' : ''
  const count = (value: number): string => value.toLocaleString('en-US')
  print(`${count(steps)} optimiser steps on ${most}${count(sequences)} sequences`)
  print(`trained: ${most}${count(trainedTokens)} tokens`)
  if (sampledTokens > 0) print(`sampled: ${most}${count(sampledTokens)} tokens, after reading ${count(promptTokens)}`)
  print(`sent: ${most}${(sentBytes / 1e6).toFixed(0)} MB`)
  if (samplingRounds > 1)
    print(
      `This counts one sampling round a step. Groups without spread are replaced, in up to ${samplingRounds} rounds.`,
    )
}
