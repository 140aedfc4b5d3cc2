/** What the way a model zooms asks of its searches: which profile, which unit of boxes, how large its views may be. Pure. */
import { keysOf } from '../../shared/fields.ts'
import { profiles, profileWith } from '../../protocol/profile.ts'
import type { Coordinates, Profile } from '../../protocol/profile.ts'

export const profileNames = keysOf(profiles)
type ProfileName = (typeof profileNames)[number]

/** Absent: as it is without the option. */
export interface ZoomSettings {
  readonly profile?: ProfileName
  readonly coordinates?: Coordinates
  readonly maxPixels?: number
}

/** Such as `--profile qwen3-vl`, one each. */
export function settingWords({ profile, coordinates, maxPixels }: ZoomSettings): string[] {
  return [
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
    ...(coordinates === undefined ? [] : [`--coordinates ${coordinates}`]),
    ...(maxPixels === undefined ? [] : [`--max-pixels ${maxPixels}`]),
  ]
}

export function profileFrom({ profile = 'default', ...changes }: ZoomSettings): Profile {
  return profileWith(profiles[profile], changes)
}

const families: readonly (readonly [RegExp, 'qwen3-vl' | 'qwen3.5'])[] = [
  [/qwen-?3[._-]?vl/i, 'qwen3-vl'],
  [/qwen-?3[._][5-9]/i, 'qwen3.5'],
]

/** The profile of models that were trained on a zoom of their own, by the name of the model; undefined: no such family. */
export function familyProfile(model: string): 'qwen3-vl' | 'qwen3.5' | undefined {
  return families.find(([name]) => name.test(model))?.[1]
}
