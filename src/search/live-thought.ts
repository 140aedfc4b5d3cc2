/** The thought of a turn while its reply is being written: the beginning of what `parseTurn` will say of it. Pure. */
import { dialectOf } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { openThinking } from '../protocol/thinking-marks.ts'

/** What may become a mark with the next piece, such as `</thi`, or another character. */
const unsure = /(?:[<[◁\\][^\s<[◁\\]{0,40})?[\ud800-\udbff]?$/

export interface LiveThought {
  /** What the piece adds to the thought that was told so far. */
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
      // Until it is closed, a thought that the template opened looks like plain text.
      const plain = prefilled && thinking === '' ? text : undefined
      const said = text === '' ? undefined : (openThinking(text) ?? thought(text) ?? plain)
      const whole = [thinking, said]
        .map((one) => one?.trim())
        .filter(Boolean)
        .join('\n\n')
      const sure = whole.slice(0, whole.length - (unsure.exec(whole.slice(-42))?.[0].length ?? 0)).trimEnd()
      // A thought that turns out to be something else is told once it is whole.
      if (!sure.startsWith(told)) return ''
      const more = sure.slice(told.length)
      told = sure
      return more
    },
  }
}
