/** A search as the messages that were sent and received, complete even if it failed before its first reply. Pure. */
import { originalCount } from '../../protocol/originals.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { questionMessage, replay, unseen } from '../../search/replay.ts'
import { itemAt } from '../../shared/known.ts'
import type { TrainingImage } from './training-row.ts'

export interface ToldMessage {
  readonly role: 'system' | 'user' | 'assistant'
  /** Of the user, with an `<image>` for each picture; of the policy, the reply as it came. */
  readonly text: string
  readonly images: readonly TrainingImage[]
  /** What the server returned as thinking in a field of its own. */
  readonly thinking?: string | undefined
}

/** `profile`: the one of the search. `views`: its pictures, one per observation; without them, messages have none. */
export function toldMessages(
  trajectory: Trajectory,
  profile: Profile,
  views?: readonly TrainingImage[],
): ToldMessage[] {
  const { observations, problem } = trajectory
  const { system } = profile.prompts
  const originals = observations.slice(0, originalCount(observations))
  const shown = views?.slice(0, originals.length) ?? []
  const messages = replay(trajectory, profile, unseen).flatMap(({ message, turn }): ToldMessage[] => {
    const crop = views !== undefined && message.kind === 'observation' ? [itemAt(views, message.index)] : []
    return [
      { role: 'user', text: message.text, images: message.kind === 'question' ? shown : crop },
      { role: 'assistant', text: turn.text, thinking: turn.thinking, images: [] },
    ]
  })
  if (messages.length === 0 && originals.length > 0) {
    const { text } = questionMessage(profile.prompts, problem.question, originals.map(unseen))
    messages.push({ role: 'user', text, images: shown })
  }
  return system === '' ? messages : [{ role: 'system', text: system, images: [] }, ...messages]
}
