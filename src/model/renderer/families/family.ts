/**
 * What the models of a family have in common, as far as their own files do not say it. Each family has a file in this folder, listed
 * in `families.ts`. What its conversations look like is read from the chat template of each model (`../layout.ts`).
 */
import type { Fields } from '../../../shared/fields.ts'
import type { TokenGrid } from '../../../vision/image-tokens.ts'

export interface ModelFamily {
  readonly name: string
  /** As its makers call the models. */
  readonly title: string
  /** What `model_type` in config.json says. */
  readonly modelTypes: readonly string[]
  /** How pictures become tokens; bounds that the processor's file has count more. */
  readonly grid: TokenGrid
  /** The token that stands for a picture in the template; a server puts one there for each cell. */
  readonly pad: string
  /** Tokens in whose place a server puts pictures, or that enclose them: a turn that holds one breaks every count behind it. */
  readonly pictureTokens: readonly string[]
  /** How its models call functions; absent: they were not trained to. */
  readonly call?: CallForm
  /** The profile of the zoom that its models were trained for; the zooms of other families do not fit. */
  readonly zoom?: string
}

interface CallForm {
  /** A piece of what the template says of calls where it declares functions; no other family's says it. */
  readonly shown: string
  /** The turn that says this, maybe nothing, and calls. */
  readonly write: (said: string, name: string, values: Fields) => string
}
