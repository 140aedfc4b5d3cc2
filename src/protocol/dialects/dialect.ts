/** The dialects: how policies write their calls and answers. A profile names one; a protocol is added in this folder. Pure. */
import { answerOnly } from './answer-only.ts'
import { deepeyes } from './deepeyes.ts'
import { grounding } from './grounding.ts'
import { pixelReasoner } from './pixel-reasoner.ts'
import { tools } from './tools.ts'
import type { Dialect } from './written-turn.ts'

export type { Dialect } from './written-turn.ts'

const dialects = {
  grounding,
  deepeyes,
  'pixel-reasoner': pixelReasoner,
  tools,
  'answer-only': answerOnly,
} as const satisfies Record<string, Dialect>

export type DialectName = keyof typeof dialects

export function dialectOf({ dialect }: { readonly dialect: DialectName }): Dialect {
  return dialects[dialect]
}
