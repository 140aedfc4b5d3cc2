/** `--engine` and what belongs to it: where gradients are computed, and what that will come to. */
import type { Command } from 'commander'
import type { ChatModel } from '../../model/qwen/chat-model.ts'
import { connectEngine } from '../../engine/tinker/connect.ts'
import type { TinkerConnection } from '../../engine/tinker/connect.ts'
import { serverKindNames, unhonoured } from '../../engine/tinker/server-kinds.ts'
import type { TinkerEngine } from '../../engine/tinker/tinker-engine.ts'
import { UserError } from '../../shared/errors.ts'
import { engineFile } from '../../runs/files.ts'
import { writeRunFile } from '../../runs/run-file.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { Plan } from '../../train/plan.ts'
import { print, printJson, say } from '../print/output.ts'
import { choice, wholeNumber } from './common.ts'
import { onlyWhere } from './strict.ts'

export interface EngineOptions extends Omit<TinkerConnection, 'url'> {
  readonly engine: string
  readonly plan?: true
}

export function serverOptions(command: Command): Command {
  return command
    .option('--base-model <name>', 'tinker: which of the server’s models (default: its only one)')
    .addOption(choice('--tinker-server <kind>', 'tinker: its kind (default: found out)', serverKindNames))
    .option('--lora-rank <n>', 'tinker: rank of the adapter; 0 trains all weights', wholeNumber(0, 1024))
}

export function engineOptions(command: Command): Command {
  const onServer = (options: EngineOptions): boolean => tinkerUrl(options) !== undefined
  const names = ['api-key-env', 'base-model', 'tinker-server', 'lora-rank']
  onlyWhere(command, names, onServer, 'for a training server: add --engine tinker:http://host:8000')
  onlyWhere<EngineOptions>(command, ['workers'], (options) => !onServer(options), 'for --engine embedded: take that')
  return serverOptions(
    command
      .option('--engine <where>', 'embedded, or tinker:<url> of a Tinker-compatible server', 'embedded')
      .option('--api-key-env <name>', 'tinker: environment variable that holds the key'),
  ).option('--plan', 'print tokens, bytes and steps, and send nothing')
}

/** The address behind `tinker:`, or undefined for the embedded engine. Throws `UserError`. */
export function tinkerUrl({ engine }: Pick<EngineOptions, 'engine'>): string | undefined {
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
