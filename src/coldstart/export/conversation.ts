/** A search as the conversation that its policy had: what it was told, in the words of its profile, and what it replied. Pure. */
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { turnAsText } from '../../protocol/turn-text.ts'
import { replay, unseen } from '../../search/replay.ts'
import type { ChatText } from './training-row.ts'

/** Question, reply, observation or error, reply, and so on; a reply is the last. `profile` is the one that it was searched under. */
export function trainingConversation(trajectory: Trajectory, profile: Profile): ChatText[] {
  return replay(trajectory, profile, unseen).flatMap(({ message, turn }): ChatText[] => [
    { role: 'user', text: message.text },
    { role: 'assistant', text: turnAsText(turn) },
  ])
}
