/** The options that many commands share. */
import { availableParallelism } from 'node:os'
import { configOption } from './config-file.ts'
import { flag, inGroup, text, whole } from './schema.ts'
import type { Values } from './schema.ts'

export const jsonOption = inGroup('Output', {
  json: flag('print one JSON document on stdout, and everything else on stderr'),
})

/** Of commands that work in a run folder. */
export const runOptions = inGroup('Output', {
  run: text('<folder>', 'where everything is kept', { fallbackText: 'runs/<command>-<hash of the settings>' }),
  ...jsonOption,
  config: configOption,
})

export function seedOption(fallback = 0) {
  const max = 2 ** 31 - 1
  return { seed: whole('the same seed gives the same result', { takes: '<number>', min: 0, max, fallback }) }
}

/** Problems, wherever a command takes any. */
export function dataOption(help: string) {
  return { data: text('<path>', help, { alias: 'problems' }) }
}

export const maxTurnsOption = {
  maxTurns: whole('turns that a search may take', { min: 1, max: 1000, fallbackText: 'as the profile says' }),
}

const mostWorkers = 8

/** Of training: a setting, since sums over a batch are added up worker by worker. */
export const workersOption = {
  workers: whole('worker threads; another number rounds differently', {
    min: 1,
    max: 64,
    fallback: Math.min(mostWorkers, availableParallelism()),
    fallbackText: `one a core, ${mostWorkers} at most`,
  }),
}

export type RunOptions = Values<typeof runOptions>
