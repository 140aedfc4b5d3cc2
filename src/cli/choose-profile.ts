/** From the words `--profile`, `--prompts`, `--coordinates` and `--max-images` to the profile of a search. */
import type { Command } from 'commander'
import { profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { UserError } from '../shared/errors.ts'
import { isChat } from './choose-policy.ts'
import type { PolicyWords } from './choose-policy.ts'
import { choice, wholeNumber } from './words.ts'

export interface ProfileWords {
  readonly profile?: keyof typeof profiles
  readonly coordinates?: Profile['coordinates']
  readonly maxImages?: number
}

export function profileWords(command: Command): Command {
  const names = Object.keys(profiles)
  return command
    .addOption(choice('--profile <name>', 'prompts, limits and views (default: embedded; of chat: default)', names))
    .addOption(
      choice('--coordinates <kind>', 'how the model writes boxes: fractions, thousandths, or pixels of what it saw', [
        'relative',
        'thousand',
        'pixel',
      ]),
    )
    .option('--max-images <n>', 'pictures of a search, the original included (default: as the profile)', wholeNumber(1))
}

/** Throws `UserError` for what does not go together. */
export function profileOf(words: ProfileWords & Pick<PolicyWords, 'policy'>): Profile {
  const { profile: name = isChat(words) ? 'default' : 'embedded', coordinates, maxImages } = words
  if (!isChat(words) && (name !== 'embedded' || coordinates !== undefined || maxImages !== undefined)) {
    throw new UserError(
      'profile-not-for-policy',
      'The embedded policy only works with --profile embedded, and as that is. Others are for --policy chat:<model>.',
    )
  }
  const profile = profiles[name]
  return { ...profile, coordinates: coordinates ?? profile.coordinates, maxImages: maxImages ?? profile.maxImages }
}
