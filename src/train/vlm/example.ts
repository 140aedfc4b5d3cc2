/** A correct search as a training example: the messages and views before each turn, and the policy's text. */
import type { Message } from '../../policy/policy.ts'
import type { Size } from '../../protocol/box.ts'
import { originalOf, picturesOf } from '../../protocol/originals.ts'
import type { Problem } from '../../protocol/problem.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Observation, Trajectory } from '../../protocol/trajectory.ts'
import { turnAsText } from '../../protocol/turn-text.ts'
import type { OpenPicture } from '../../search/owed-samples.ts'
import { replay } from '../../search/replay.ts'
import { UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { observationView, viewKey } from '../../vision/observation-view.ts'
import { readingOf } from '../../vision/picture.ts'
import type { Picture } from '../../vision/picture.ts'

export interface Lesson {
  readonly message: Message
  /** Of the message's views. */
  readonly viewSizes: readonly Size[]
  readonly reply: string
  /** It was written by hand: read, and not learned. */
  readonly byHand?: true
}

export interface Example {
  /** One a turn. Opens no picture: views are drawn when they are asked for. */
  lessons(): Promise<readonly Lesson[]>
}

/** `profile`: the one that was searched under. */
export function exampleOf(trajectory: Trajectory, profile: Profile, openers: readonly OpenPicture[]): Example {
  const { observations, problem } = trajectory
  const searched = picturesOf(trajectory)
  const viewOf = (observation: Observation) => {
    const original = originalOf(observation, observations)
    const picture = itemAt(searched, original)
    const pixels = async () => {
      const opened = await itemAt(openers, original)(readingOf(trajectory))
      return observationView(checked(opened, picture, problem), observation, observations, profile)
    }
    const key = viewKey(picture, observation, observations, profile)
    return { pixels, key, boxPx: observation.boxInOriginalPx }
  }
  const sizesOf = (message: Message): Size[] => {
    if (message.kind === 'question') return observations.slice(0, searched.length).map((original) => original.view)
    return message.kind === 'error' ? [] : [itemAt(observations, message.index).view]
  }
  return {
    lessons: async () =>
      replay(trajectory, profile, viewOf).map(({ message, turn }) => {
        const given = turn.byHand && { byHand: true as const }
        return { message, viewSizes: sizesOf(message), reply: turnAsText(turn), ...given }
      }),
  }
}

function checked(picture: Picture, searched: Trajectory['picture'], problem: Problem): Picture {
  if (picture.sha256 === searched.sha256) return picture
  throw new UserError(
    'picture-differs',
    `The picture of ${problem.dataSource}/${problem.docId} is not the one that was searched. Name the data of that run.`,
  )
}
