/** From the options `--profile`, `--prompts`, `--coordinates`, `--tools`, `--max-images` and `--max-pixels` to the profile of a search. */
import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { policyKindOf, usualProfile } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import { officialPrompts } from '../../protocol/official-prompts.ts'
import { coordinateNames, profileWith, profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Prompts } from '../../protocol/prompts.ts'
import { toolNames } from '../../protocol/view-tools.ts'
import type { ToolName } from '../../protocol/view-tools.ts'
import { UserError, messageOf } from '../../shared/errors.ts'
import { flag, inGroup, oneOf, parsed, whole } from './schema.ts'
import type { Values } from './schema.ts'
import { keysOf } from '../../shared/fields.ts'

const profileNames = keysOf(profiles)
const coordinateHelp = 'unit in which the model writes boxes: fractions, percent, thousandths, or pixels of the view'

/** `fallbackText`: the default as shown in the help; `where`: when the option has an effect. */
export function profileOption(fallbackText: string, where = '') {
  return { profile: oneOf('<name>', `${where}prompts, limits and view sizes`, profileNames, { fallbackText }) }
}

export const profileOptions = inGroup('Search', {
  ...profileOption('embedded; for chat default, for local that of the model, for tinker official'),
  prompts: parsed<Prompts>(
    '<file>',
    "for official profiles: your copy of Mini-o3's verl/trainer/constants.py",
    readPrompts,
  ),
  coordinates: oneOf('<kind>', coordinateHelp, coordinateNames, { fallbackText: 'set by the profile' }),
  maxImages: whole('largest number of pictures in a search, including the original', {
    min: 1,
    fallbackText: 'set by the profile',
  }),
  tools: parsed<readonly ToolName[]>(
    '<names>',
    `tools beside zoom, such as rotate,flip: ${toolNames.join(', ')}`,
    readTools,
    {
      fallbackText: 'none',
    },
  ),
  tellTurns: flag('tell the model its turn limit'),
  finalAnswer: flag('tell the model to answer in its last turn; makes scores at lower turn limits less meaningful'),
})

/** For commands that take a single bound; `eval` takes a list. */
export const maxPixelsOption = inGroup('Search', {
  maxPixels: whole('largest number of pixels of a view', { min: 1, fallbackText: 'set by the profile' }),
})

export type ProfileOptions = Values<typeof profileOptions & typeof maxPixelsOption>

/** Throws `UserError` for options that contradict each other. */
export function chosenProfile(options: ProfileOptions & Pick<PolicyOptions, 'policy'>): Profile {
  const kind = policyKindOf(options)
  const name = options.profile ?? usualProfile(options)
  const { prompts, coordinates, maxImages, maxPixels, tools, tellTurns, finalAnswer } = options
  const changed =
    tellTurns || finalAnswer || [prompts, coordinates, maxImages, maxPixels, tools].some((value) => value !== undefined)
  if (kind !== undefined && !kind.vlm && (name !== kind.profile || changed)) {
    throw new UserError(
      'profile-not-for-policy',
      'The embedded policy only works with --profile embedded, unchanged. Use other profiles with --policy chat:<model>.',
    )
  }
  return profileChanged(name, options)
}

/** A built-in profile with the changes of the options. */
export function profileChanged(name: keyof typeof profiles, options: ProfileOptions): Profile {
  const {
    prompts,
    coordinates,
    maxImages,
    maxPixels,
    tools,
    tellTurns: turnsTold,
    finalAnswer: lastTurnAnswers,
  } = options
  if (prompts !== undefined && !name.startsWith('official')) {
    throw new UserError(
      'prompts-not-for-profile',
      `--prompts replaces the prompts of the official profiles, and ${name} is not one of them. Add --profile official.`,
    )
  }
  const profile: Profile = profiles[name]
  if ((turnsTold || lastTurnAnswers) && profile.parse === 'strict') {
    throw new UserError(
      'turns-not-told',
      `${name} does what its released code does, which does not mention turns: leave out --tell-turns and --final-answer, or use ` +
        '--profile default.',
    )
  }
  const changes = { coordinates, maxImages, maxPixels, tools, turnsTold, lastTurnAnswers }
  return profileWith(prompts === undefined ? profile : { ...profile, prompts }, changes)
}

/** Names between commas. */
function readTools(given: string): ToolName[] {
  return given.split(',').map((part) => {
    const name = toolNames.find((one) => one === part.trim().toLowerCase())
    if (name === undefined) throw new InvalidArgumentError(`They are ${toolNames.join(', ')}, separated by commas.`)
    return name
  })
}

function readPrompts(path: string): Prompts {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UserError('prompts-unreadable', `--prompts ${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
  return officialPrompts(text)
}
