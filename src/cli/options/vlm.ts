/** The options that select a vision-language model to train on a server, and the model that they describe. */
import { engineNamed } from '../../engine/open-engine.ts'
import { type ChatModel, openChatModel } from '../../model/renderer/chat-model.ts'
import { checkFits } from '../../policy/sampler/fitting-profiles.ts'
import { profileHash } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { UserError } from '../../shared/errors.ts'
import { profileChanged, chosenProfile, profileOption, profileOptions } from './profile.ts'
import type { ProfileOptions } from './profile.ts'
import type { EngineOptions } from './engine.ts'
import { modelFilesOption } from './policy.ts'
import { inGroup } from './schema.ts'
import type { Values } from './schema.ts'

/** With `--model-files` a vision-language model is trained, otherwise the embedded policy. */
export const vlmOptions = {
  ...inGroup('Training', modelFilesOption),
  ...profileOptions,
  ...inGroup('Search', profileOption('official-train', 'with --model-files: ')),
}

export type VlmOptions = Values<typeof vlmOptions> & Pick<ProfileOptions, 'maxPixels'>

export function hasModelFiles({ modelFiles }: Pick<VlmOptions, 'modelFiles'>): boolean {
  return modelFiles !== undefined
}

export interface Vlm {
  readonly model: ChatModel
  readonly profile: Profile
  /** The settings that affect the result. */
  readonly settings: { readonly profile: string; readonly grid: ChatModel['grid']; readonly tokenizer: string }
}

/** Undefined if the embedded policy is trained. Throws `UserError` for options that contradict each other. */
export async function openVlm(options: VlmOptions & Pick<EngineOptions, 'engine'>): Promise<Vlm | undefined> {
  const { modelFiles } = options
  if (modelFiles === undefined) {
    // Refuses profiles that are not for the embedded policy.
    chosenProfile({ ...options, policy: 'embedded' })
    return undefined
  }
  if (!engineNamed(options).isRemote) {
    throw new UserError(
      'model-files-unused',
      '--model-files is for a model on a server: add --engine tinker:http://host:8000, or leave it out.',
    )
  }
  const profile = profileChanged(options.profile ?? 'official-train', options)
  const model = await openChatModel(modelFiles)
  checkFits(profile, model)
  return {
    model,
    profile,
    settings: { profile: profileHash(profile), grid: model.grid, tokenizer: model.tokenizerSha256 },
  }
}
