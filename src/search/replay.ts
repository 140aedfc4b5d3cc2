/** Replays a finished search: the messages before each turn, and the turn. Pure. */
import type { Message, View } from '../policy/policy.ts'
import { originalCount } from '../protocol/originals.ts'
import type { Profile } from '../protocol/profile.ts'
import { errorText, observationText, pacedText, questionText } from '../protocol/prompts.ts'
import type { Prompts } from '../protocol/prompts.ts'
import type { Observation, Trajectory, Turn } from '../protocol/trajectory.ts'
import { MiniO3Error } from '../shared/errors.ts'
import { defined, itemAt } from '../shared/known.ts'

export interface ReplayedTurn {
  readonly message: Message
  readonly turn: Turn
}

/** The first message, with a view of each picture of the question. */
export function questionMessage(prompts: Prompts, question: string, views: readonly View[]): Message {
  const text = questionText(prompts, question, views.length)
  const furtherViews = views.slice(1)
  return {
    kind: 'question',
    system: prompts.system,
    text,
    view: itemAt(views, 0),
    ...(furtherViews.length > 0 && { furtherViews }),
  }
}

/** The message after turn `turn`, counted from 1, that led to observation `index`; the first `originals` are pictures of the question. */
export function observationMessage(
  { prompts, observationNumbering }: Profile,
  { turn, index, originals }: { readonly turn: number; readonly index: number; readonly originals: number },
  view: View,
): Message {
  const label = observationNumbering === 'official' ? turn : index - originals + 1
  return { kind: 'observation', index, text: observationText(prompts, label - 1, label), view }
}

/** One exchange per turn that stayed in the conversation. `profile`: the one of the search; `viewOf` draws the views. */
export function replay(
  trajectory: Trajectory,
  profile: Profile,
  viewOf: (observation: Observation) => View,
): ReplayedTurn[] {
  const { problem, turns, observations, maxTurns } = trajectory
  const { prompts } = profile
  const originals = originalCount(observations)
  const views = observations.slice(0, originals).map(viewOf)
  const question = questionMessage(prompts, problem.question, views)
  const forgotten = ({ error }: Turn, i: number) =>
    profile.flow.silence === 'asked-again' && error?.code === 'no-action' && i < turns.length - 1
  const stayed = turns.flatMap((turn, i) => (forgotten(turn, i) ? [] : [{ turn, number: i + 1 }]))
  return stayed.map(({ turn, number }, i) => {
    const previous = stayed[i - 1]
    const message = previous === undefined ? question : told(previous.turn, previous.number)
    return { turn, message: { ...message, text: pacedText(message.text, { turn: number, maxTurns }, profile) } }
  })

  /** The message after turn `number`, counted from 1. */
  function told({ observation, error }: Turn, number: number): Message {
    if (observation !== undefined) {
      const shown = defined(
        observations.find(({ index }) => index === observation),
        `observation ${observation}`,
      )
      return observationMessage(profile, { turn: number, index: observation, originals }, viewOf(shown))
    }
    if (error !== undefined) return { kind: 'error', text: errorText(prompts, error) }
    const name = `${problem.dataSource}/${problem.docId}`
    throw new MiniO3Error(
      'broken-search',
      `Turn ${number} of ${name} has neither an observation nor an error, but another turn follows. Delete that search.`,
    )
  }
}

/** A placeholder view, for readers that only need the texts. */
export function unseen({ boxInOriginalPx }: Observation): View {
  return { pixels: () => Promise.reject(new Error('this view is not drawn')), key: '', boxPx: boxInOriginalPx }
}
