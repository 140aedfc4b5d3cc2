/** Extracts the thought of a turn while the reply is streaming: always a prefix of what `parseTurn` will return. Pure. */
import { dialectOf } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { openThinking } from '../protocol/thinking-marks.ts'

/** A suffix that the next piece may complete to a tag, such as `</thi`, or to another character. */
const unsure = /(?:[<[◁\\][^\s<[◁\\]{0,40})?[\ud800-\udbff]?$/

export interface LiveThought {
  /** Returns what the piece adds to the thought. */
  add(part: 'thinking' | 'text', piece: string): string
}

export function liveThought(profile: Pick<Profile, 'dialect'>): LiveThought {
  const { thought, prefilled } = dialectOf(profile)
  let thinking = ''
  let text = ''
  let told = ''
  return {
    add(part, piece) {
      if (part === 'thinking') thinking += piece
      else text += piece
      // A thought opened by the chat template looks like plain text until it is closed.
      const plain = prefilled && thinking === '' ? text : undefined
      const said = text === '' ? undefined : (openThinking(text) ?? thought(text) ?? plain)
      const whole = [thinking, said]
        .map((one) => one?.trim())
        .filter(Boolean)
        .join('\n\n')
      const sure = whole.slice(0, whole.length - (unsure.exec(whole.slice(-42))?.[0].length ?? 0)).trimEnd()
      // If the text so far turns out not to be the thought, the thought is emitted once it is complete.
      if (!sure.startsWith(told)) return ''
      const more = sure.slice(told.length)
      told = sure
      return more
    },
  }
}
