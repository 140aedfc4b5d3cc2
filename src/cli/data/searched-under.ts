/** The problems and profiles of a stored run, from its configuration and the user's options, for replaying its searches. */
import { z } from 'zod'
import { readBenchmark } from '../../benchmark/benchmark.ts'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import { readRecognised } from '../../benchmark/own/recognise.ts'
import type { RunRowsOptions } from '../../coldstart/export/run-rows.ts'
import { embeddedProfileWith, profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { configurations, readSettings } from '../../runs/configuration.ts'
import { UserError } from '../../shared/errors.ts'
import { profileChanged } from '../options/profile.ts'
import type { ProfileOptions } from '../options/profile.ts'

const { data, viewSide, contextLimit } = configurations.collect.shape
const { benchmark, control } = configurations.eval.shape
const schema = z.object({ command: z.string(), data, viewSide, contextLimit, benchmark, control })
export type SearchedConfig = z.infer<typeof schema>

/** Reads these settings from a run of any command that searches. Throws `UserError` for a training run. */
export async function readSearchedConfig(path: string): Promise<SearchedConfig> {
  const config = await readSettings(path, schema)
  if (config.command === 'rl' || config.command === 'sft') {
    throw new UserError(
      'export-training',
      `${path} is a training run (${config.command}), not a collection of searches. Name a run of mini-o3 collect or eval; ` +
        'of a training run, --to tensorboard writes the curves.',
    )
  }
  return config
}

/** `data`: the path of the problems, if it differs from the one stored in the run. Throws `UserError`. */
export async function searchedUnder(
  path: string,
  config: SearchedConfig,
  options: ProfileOptions & { readonly data?: string },
): Promise<Pick<RunRowsOptions, 'problems' | 'profiles'>> {
  const data = options.data ?? config.data
  if (data === undefined) {
    const why = `${path} does not say which problems were searched. Name them with --data.`
    throw new UserError('export-no-data', why)
  }
  const entries =
    config.command === 'collect'
      ? await readRecognised(data, { split: 'train' })
      : await readBenchmark(benchmarkNamed(config.benchmark), data, {})
  return { problems: entries, profiles: possibleProfiles(config, options) }
}

/**
 * The built-in profiles, the embedded one with the run's budget, and the one that the options describe. Each appears with
 * `answer: first` and `last`, since an evaluation uses the one of its benchmark.
 */
export function possibleProfiles(
  { viewSide, contextLimit = null }: SearchedConfig,
  options: ProfileOptions,
): readonly Profile[] {
  const budgeted = viewSide === undefined ? [] : [embeddedProfileWith({ viewSide, contextLimit })]
  const all = [...Object.values(profiles), ...budgeted, profileChanged(options.profile ?? 'default', options)]
  return all.flatMap((profile) => (['first', 'last'] as const).map((answerPick) => ({ ...profile, answerPick })))
}
