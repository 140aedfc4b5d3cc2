/** A dialect is how a policy writes its calls and answers; a profile names one. Pure. */
import type { Profile } from '../profile.ts'

export interface Dialect {
  /** A reply halts after the first of these, which stays at its end. */
  readonly stop: readonly string[]
  /** OpenAI function declarations, for dialects that call natively. */
  readonly tools?: readonly object[]
}

export function dialectOf(_profile: Profile): Dialect {
  return { stop: ['</grounding>'] }
}
