/** A search as the conversation that its policy had: what it was told, in the words of its profile, and what it replied. Pure. */
import type { Profile } from '../../protocol/profile.ts'
import { errorText, observationText, questionText } from '../../protocol/prompts.ts'
import type { Trajectory, Turn } from '../../protocol/trajectory.ts'
import { MiniO3Error } from '../../shared/errors.ts'
import type { ChatText } from './training-row.ts'

/** Question, reply, observation or error, reply, and so on; a reply is the last. `profile` is the one that it was searched under. */
export function conversationOf({ problem, turns }: Trajectory, profile: Profile): ChatText[] {
  const { prompts, observationNumbering } = profile
  const messages: ChatText[] = [{ role: 'user', text: questionText(prompts, problem.question) }]
  for (const [index, turn] of turns.entries()) {
    messages.push({ role: 'assistant', text: turn.text })
    if (index < turns.length - 1) messages.push({ role: 'user', text: told(turn, index + 1) })
  }
  return messages

  /** What came back after turn `number`, counted from 1. */
  function told({ observation, error }: Turn, number: number): string {
    if (observation !== undefined) {
      const label = observationNumbering === 'official' ? number : observation
      return observationText(prompts, label - 1, label)
    }
    if (error !== undefined) return errorText(prompts, error)
    const name = `${problem.dataSource}/${problem.docId}`
    throw new MiniO3Error(
      'export-broken-search',
      `Turn ${number} of ${name} brought neither a picture nor an error, and yet another turn follows. Delete that search.`,
    )
  }
}
