/** Which profiles a vision-language model can be asked under in its own tokens. */
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { modelFamilies } from '../../model/renderer/families/families.ts'
import { functionsOf, profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { UserError } from '../../shared/errors.ts'

/** Throws `UserError` for a profile that does not fit the model. */
export function checkFits(profile: Profile, model: ChatModel): void {
  const why = misfit(profile, model)
  if (why === undefined) return
  throw new UserError(
    'profile-misfit',
    `The profile ${profile.name} does not fit ${model.family.title}: ${why}. These do: ${fittingProfiles(model).join(', ')}.`,
  )
}

export function fittingProfiles(model: ChatModel): string[] {
  return Object.values(profiles)
    .filter((profile) => misfit(profile, model) === undefined)
    .map(({ name }) => name)
}

function misfit(profile: Profile, { family, grid, layout }: ChatModel): string | undefined {
  const other = modelFamilies.find(({ zoom, name }) => zoom === profile.dialect && name !== family.name)
  if (other !== undefined) return `its zoom is that of ${other.title}`
  for (const rule of [profile.firstView, profile.observationView]) {
    if (rule.kind === 'grid' && rule.cell !== grid.cell)
      return `its views are multiples of ${rule.cell} pixels, and a token of the model covers ${grid.cell} x ${grid.cell}`
  }
  const tools = functionsOf(profile)
  if (tools === undefined) return undefined
  if (family.call === undefined) return 'its models do not call functions'
  return layout(tools).result === undefined ? 'its chat template does not declare functions' : undefined
}
