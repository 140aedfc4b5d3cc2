/** Options shared by several commands. */
import { availableParallelism } from 'node:os'
import { configOption } from './config-file.ts'
import { failureRules } from '../../evaluate/figures/failures.ts'
import { mostAlike } from '../../search/failing-alike.ts'
import { fieldNames } from '../filter-page.ts'
import { flag, inGroup, oneOf, text, whole } from './schema.ts'
import type { Values } from './schema.ts'

export const jsonOption = inGroup('Output', {
  json: flag('print one JSON document to stdout and everything else to stderr'),
})

/** For commands that work in a run folder. */
export const runOptions = inGroup('Output', {
  run: text('<folder>', 'run folder for all results', { fallbackText: 'runs/<command>-<hash of the settings>' }),
  ...jsonOption,
  config: configOption,
})

export function seedOption(fallback = 0) {
  const max = 2 ** 31 - 1
  return { seed: whole('random seed; equal seeds give equal results', { takes: '<number>', min: 0, max, fallback }) }
}

/** `--data` (or `--problems`), the same in every command that takes problems. */
export function dataOption(help: string) {
  return { data: text('<path>', help, { alias: 'problems' }) }
}

export const maxTurnsOption = {
  maxTurns: whole('turn limit of a search', { min: 1, max: 1000, fallbackText: 'set by the profile' }),
}

/** For what takes notes. */
export const authorOption = {
  author: flag('sign notes with the name of the user of this machine (default: they are not signed)'),
}

/** For what makes figures or sets of searches: what people noted beside a run may be left out. */
export const asJudgedOption = {
  asJudged: flag('use the verdicts of the judge: ignore corrections by hand'),
}

/** Steps of Adam beyond it leave nothing of a policy. */
export const learningRates = { min: 0, max: 0.1 }

/** For what shows, exports or counts stored searches. */
export const whereOption = {
  where: text(
    '<filter>',
    `only searches that match, such as 'correct and turns > 6'; docs/filter.md has the fields: ${fieldNames()}`,
  ),
}

/** For `eval` and `report`. A resume may change it, since it only affects the figures. */
export const failuresOption = {
  failures: oneOf('<how>', 'how searches that failed or got no verdict count (default: wrong)', failureRules),
}

export const keepGoingOption = {
  keepGoing: flag(`continue when ${mostAlike} searches in a row fail alike, instead of stopping`),
}

const mostWorkers = 8

/** Part of the stored settings of a training, since gradients are summed worker by worker and rounding depends on it. */
export const workersOption = {
  workers: whole('worker threads; the number affects rounding', {
    min: 1,
    max: 64,
    fallback: Math.min(mostWorkers, availableParallelism()),
    fallbackText: `one per core, at most ${mostWorkers}`,
  }),
}

export type RunOptions = Values<typeof runOptions>
