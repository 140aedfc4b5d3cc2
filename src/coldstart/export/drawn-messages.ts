/** A search as the messages that were sent and received, with the pictures of each; complete even if it failed before its first reply. */
import { originalCount } from '../../protocol/originals.ts'
import { questionMessage, replay, unseen } from '../../search/replay.ts'
import type { Encoding } from '../../vision/encode.ts'
import { itemAt } from '../../shared/known.ts'
import { drawnViews } from './run-rows.ts'
import type { ToldSearch } from './run-rows.ts'
import type { TrainingImage } from './training-row.ts'

export interface DrawnMessage {
  readonly role: 'system' | 'user' | 'assistant'
  /** Of the user, with an `<image>` for each picture; of the policy, the reply as it came. */
  readonly text: string
  readonly images: readonly TrainingImage[]
  /** What the server returned as thinking in a field of its own. */
  readonly thinking?: string | undefined
}

/** Throws `UserError` if the problem's pictures have changed. */
export async function drawnMessages(told: ToldSearch, encoding: Encoding): Promise<DrawnMessage[]> {
  const { trajectory, profile } = told
  const { observations, problem } = trajectory
  const views = await drawnViews(told, encoding)
  const originals = views.slice(0, originalCount(observations))
  const { system } = profile.prompts
  const exchanges = replay(trajectory, profile, unseen)
  const asked = (): DrawnMessage => {
    const { text } = questionMessage(
      profile.prompts,
      problem.question,
      observations.slice(0, originals.length).map(unseen),
    )
    return { role: 'user', text, images: originals }
  }
  const messages = exchanges.flatMap(({ message, turn }): DrawnMessage[] => {
    const shown = message.kind === 'observation' ? [itemAt(views, message.index)] : []
    const images = message.kind === 'question' ? originals : shown
    return [
      { role: 'user', text: message.text, images },
      { role: 'assistant', text: turn.text, thinking: turn.thinking, images: [] },
    ]
  })
  return [
    ...(system === '' ? [] : [{ role: 'system', text: system, images: [] } as const]),
    ...(messages.length === 0 && originals.length > 0 ? [asked()] : messages),
  ]
}
