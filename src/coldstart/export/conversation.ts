/** Converts a search to its conversation: the messages of its profile and the replies of the policy. Pure. */
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { turnAsText } from '../../protocol/turn-text.ts'
import { replay, unseen } from '../../search/replay.ts'
import type { ChatText } from './training-row.ts'

/** Question, reply, observation or error, reply, and so on, ending with a reply. `profile`: the one of the search. */
export function trainingConversation(trajectory: Trajectory, profile: Profile): ChatText[] {
  return replay(trajectory, profile, unseen).flatMap(({ message, turn }): ChatText[] => [
    { role: 'user', text: message.text },
    { role: 'assistant', text: turnAsText(turn) },
  ])
}
