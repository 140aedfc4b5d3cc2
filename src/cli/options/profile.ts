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
const coordinateHelp = 'how the model writes boxes: fractions, percent, thousandths, or pixels of what it saw'

export const profileOptions = inGroup('Search', {
  profile: oneOf(
    '<name>',
    'prompts, limits and views (default: embedded; of chat: default; of local: its own, or default; of tinker: official)',
    profileNames,
  ),
  prompts: parsed<Prompts>(
    '<file>',
    "with an official profile: your copy of Mini-o3's verl/trainer/constants.py",
    readPrompts,
  ),
  coordinates: oneOf('<kind>', coordinateHelp, coordinateNames, { fallbackText: 'as the profile' }),
  maxImages: whole('pictures of a search, the original included', { min: 1, fallbackText: 'as the profile' }),
  tools: parsed<readonly ToolName[]>(
    '<names>',
    `tools beside zoom, such as rotate,flip: ${toolNames.join(', ')}`,
    readTools,
    {
      fallbackText: 'none',
    },
  ),
  tellTurns: flag('tell the model how many turns it has'),
  finalAnswer: flag('tell the model to answer in its last turn; scores at lower turn limits then say less'),
})

/** For commands that take one bound; `eval` takes several. */
export const maxPixelsOption = inGroup('Search', {
  maxPixels: whole('pixels of a view at most', { min: 1, fallbackText: 'as the profile' }),
})

export type ProfileOptions = Values<typeof profileOptions & typeof maxPixelsOption>

/** Throws `UserError` for what does not go together. */
export function chosenProfile(options: ProfileOptions & Pick<PolicyOptions, 'policy'>): Profile {
  const kind = policyKindOf(options)
  const name = options.profile ?? usualProfile(options)
  const { prompts, coordinates, maxImages, maxPixels, tools, tellTurns, finalAnswer } = options
  const changed =
    tellTurns || finalAnswer || [prompts, coordinates, maxImages, maxPixels, tools].some((value) => value !== undefined)
  if (kind !== undefined && !kind.vlm && (name !== kind.profile || changed)) {
    throw new UserError(
      'profile-not-for-policy',
      'The embedded policy only works with --profile embedded, and as that is. Others are for --policy chat:<model>.',
    )
  }
  return profileChanged(name, options)
}

/** A profile as the options change it. */
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
      `--prompts replaces the prompts of the official profiles, and ${name} is none of them. Add --profile official.`,
    )
  }
  const profile: Profile = profiles[name]
  if ((turnsTold || lastTurnAnswers) && profile.parse === 'strict') {
    throw new UserError(
      'turns-not-told',
      `${name} does what its released code does, which says nothing of turns: leave out --tell-turns and --final-answer, or take ` +
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
