/** A right search to learn from: what its policy was told and shown before each turn, and what it wrote. */
import type { Message } from '../../policy/policy.ts'
import type { Size } from '../../protocol/box.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { PictureReading } from '../../protocol/rules.ts'
import type { Observation, Trajectory } from '../../protocol/trajectory.ts'
import { turnAsText } from '../../protocol/turn-text.ts'
import { replay } from '../../search/replay.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { UserError } from '../../shared/errors.ts'
import { view, viewRule } from '../../vision/fit.ts'
import { pixelsId, readingOf } from '../../vision/picture.ts'
import type { Picture } from '../../vision/picture.ts'

export interface Lesson {
  readonly message: Message
  /** Of the message's view, if it has one. */
  readonly viewSize?: Size | undefined
  readonly reply: string
}

export interface Example {
  /** One a turn. Opens no picture: views are drawn when they are asked for. */
  lessons(): Promise<readonly Lesson[]>
}

/** `profile`: the one that was searched under. */
export function exampleOf(
  trajectory: Trajectory,
  profile: Profile,
  openPicture: (reading: PictureReading) => Promise<Picture>,
): Example {
  const id = pixelsId(trajectory.picture)
  const viewOf = ({ index, boxInOriginalPx: boxPx }: Observation) => {
    const rule = viewRule(profile, index)
    const key = canonicalJson([id, boxPx, rule])
    const pixels = async () => view(checked(await openPicture(readingOf(trajectory)), trajectory), boxPx, rule)
    return { pixels, key, boxPx }
  }
  const sizes = new Map(trajectory.observations.map((observation) => [observation.index, observation.view]))
  const sizeOf = (message: Message): Size | undefined => {
    if (message.kind === 'error') return undefined
    return sizes.get(message.kind === 'question' ? 0 : message.index)
  }
  return {
    lessons: async () =>
      replay(trajectory, profile, viewOf).map(({ message, turn }) => {
        return { message, viewSize: sizeOf(message), reply: turnAsText(turn) }
      }),
  }
}

function checked(picture: Picture, { problem, picture: searched }: Trajectory): Picture {
  if (picture.sha256 === searched.sha256) return picture
  throw new UserError(
    'picture-differs',
    `The picture of ${problem.dataSource}/${problem.docId} is not the one that was searched. Name the data of that run.`,
  )
}
