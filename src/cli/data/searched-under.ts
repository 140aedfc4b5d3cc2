/** The problems and profiles of a stored run, from its configuration and the user's options, for replaying its searches. */
import { z } from 'zod'
import { readBenchmark } from '../../benchmark/benchmark.ts'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import { readRecognised } from '../../benchmark/own/recognise.ts'
import type { RunRowsOptions } from '../../coldstart/export/run-rows.ts'
import { coordinateNames, embeddedProfileWith, profileHash, profiles, profileWith } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { toolNames } from '../../protocol/view-tools.ts'
import { configurations, readSettings } from '../../runs/configuration.ts'
import { forkCommand } from '../../runs/forks.ts'
import { UserError } from '../../shared/errors.ts'
import { keysOf } from '../../shared/fields.ts'
import { profileChanged } from '../options/profile.ts'
import type { ProfileOptions } from '../options/profile.ts'

const { data, viewSide, contextLimit } = configurations.collect.shape
const { benchmark, control, profile, pixels, protocol } = configurations.eval.shape
const { source } = configurations.collect.shape
const searched = { source, data, viewSide, contextLimit, benchmark, control, profile, pixels, protocol }
const schema = z.object({ command: z.string(), ...searched })
export type SearchedConfig = z.infer<typeof schema>

const forkSettings = z.object({ command: z.literal(forkCommand), of: schema }).transform(({ of }) => of)

/** Reads these settings from a run of any command that searches; forks were searched under those of their run. Throws `UserError` for a training run. */
export async function readSearchedConfig(path: string): Promise<SearchedConfig> {
  const config = await readSettings(path, z.union([forkSettings, schema]))
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
  // A set of searches that was exported has the problems of the runs they are from.
  const entries =
    (config.source?.command ?? config.command) === 'collect'
      ? await readRecognised(data, { split: 'train' })
      : await readBenchmark(benchmarkNamed(config.benchmark), data, {})
  return { problems: entries, profiles: possibleProfiles(config, options) }
}

/**
 * The built-in profiles, the embedded one with the run's budget, the one that the run describes, and the one that the options describe.
 * Each appears with `answer: first` and `last`, since an evaluation uses the one of its benchmark.
 */
export function possibleProfiles(config: SearchedConfig, options: ProfileOptions): readonly Profile[] {
  const { viewSide, contextLimit = null } = config
  const budgeted = viewSide === undefined ? [] : [embeddedProfileWith({ viewSide, contextLimit })]
  const all = [...Object.values(profiles), ...budgeted, profileChanged(options.profile ?? 'default', options)]
  const described = describedProfile(config)
  return [...all.flatMap(answering), ...(described === undefined ? [] : [described])]
}

function answering(profile: Profile): Profile[] {
  return (['first', 'last'] as const).map((answerPick) => ({ ...profile, answerPick }))
}

/** Largest `--max-images` that is tried. */
const mostImages = 64

/** The profile with the options that the run stored; those that it did not store are found by the hash. */
function describedProfile({ profile: hash, pixels, protocol }: SearchedConfig): Profile | undefined {
  const name = keysOf(profiles).find((known) => known === protocol?.profile)
  if (name === undefined || protocol === undefined) return undefined
  const tools = toolNames.filter((tool) => protocol.tools?.split(', ').includes(tool))
  const coordinates = coordinateNames.find((unit) => unit === protocol.coordinates)
  const stored = { coordinates, maxPixels: pixels?.max, ...(tools.length > 0 && { tools }) }
  for (const maxImages of [undefined, ...Array.from({ length: mostImages }, (_, at) => at + 1)]) {
    for (const turnsTold of [undefined, true] as const) {
      for (const lastTurnAnswers of [undefined, true] as const) {
        const changed = profileWith(profiles[name], { ...stored, maxImages, turnsTold, lastTurnAnswers })
        const found = answering(changed).find((one) => profileHash(one) === hash)
        if (found !== undefined) return found
      }
    }
  }
  return undefined
}
