/** How searches came out: those with an answer by its verdict, others by how they ended. Pure. */
import { endWords } from '../../page/step.ts'
import { ends } from '../../protocol/end.ts'
import { isOneOf } from '../../shared/fields.ts'
import type { Outcome } from './outcome.ts'

/** `answered`: only where verdicts are unknown. */
export const endings = ['correct', 'wrong', 'unjudged', ...ends] as const
export type Ending = (typeof endings)[number]

export function endingOf({ correct, judged, end, beyondLimit }: Outcome): Ending {
  if (correct) return 'correct'
  if (end === 'answered' || beyondLimit) return judged ? 'wrong' : 'unjudged'
  return end
}

export function endingText(ending: Ending): string {
  if (isOneOf(ends, ending)) return endWords[ending]
  return ending === 'unjudged' ? 'answered, no verdict' : ending
}
