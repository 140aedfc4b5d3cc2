/** Text for what a turn is waiting for. Pure. */
import { shown } from '../src/page/step.ts'
import type { Waiting } from '../src/server/api/types.ts'

export function waitingText({ waiting }: { readonly waiting?: Waiting | undefined }): string {
  if (waiting === undefined) return 'Waiting for the first token of the model.'
  const { why, waitMs, next } = waiting
  const pause = waitMs === undefined ? '' : ` in ${Math.ceil(waitMs / 1_000)} s`
  const again = next === undefined ? '' : ` Try ${next.number} of ${next.of}${pause}.`
  return `${shown(why)}${again}`
}
