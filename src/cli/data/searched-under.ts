/** The problems and profiles of a run that searched, from its config and the words of the user: what its searches are told with. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readProblems } from '../../benchmark/readers/mini-o3-json.ts'
import type { RunRowsOptions } from '../../coldstart/export/run-rows.ts'
import { embeddedProfileWith, profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { errorCodeOf, UserError } from '../../shared/errors.ts'
import { profileChanged } from '../options/choose-profile.ts'
import type { ProfileOptions } from '../options/choose-profile.ts'

const configSchema = z.object({
  command: z.string(),
  data: z.string().optional(),
  viewSide: z.int().optional(),
  contextLimit: z.int().nullable().optional(),
})
export type SearchedConfig = z.infer<typeof configSchema>

/** What the run's config says; undefined when `path` is not a run. */
export async function readSearchedConfig(path: string): Promise<SearchedConfig | undefined> {
  const file = join(path, 'config.json')
  try {
    return configSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCodeOf(cause))) return undefined
    const why = `${file} is not the config of a run. Name the run folder of mini-o3 collect or mini-o3 eval.`
    throw new UserError('export-not-a-run', why, { cause })
  }
}

/** `data`: where the problems are, if not where the run read them. Throws `UserError`. */
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
  const split = config.command === 'collect' ? 'train' : undefined
  const entries = await readProblems(data, { split })
  return { problems: entries, profiles: possibleProfiles(config, options) }
}

/** The profiles that ship, the embedded one with the run's budget, and the one that the words describe. */
function possibleProfiles(
  { viewSide, contextLimit = null }: SearchedConfig,
  options: ProfileOptions,
): readonly Profile[] {
  const budgeted = viewSide === undefined ? [] : [embeddedProfileWith({ viewSide, contextLimit })]
  return [...Object.values(profiles), ...budgeted, profileChanged(options.profile ?? 'default', options)]
}
