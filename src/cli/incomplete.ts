/** What a printed result lacks, as the error that ends the command: how much is missing, why, and what to do. */
import { countReasons, reasonText } from '../protocol/reason.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Reason, ReasonCount } from '../protocol/reason.ts'
import { MiniO3Error } from '../shared/errors.ts'
import { plainLine } from './print/plain-text.ts'

/** The result has been printed, and is not whole (exit 1). */
export class IncompleteError extends MiniO3Error {
  constructor(message: string) {
    super('incomplete', message)
  }
}

export interface SearchCounts {
  readonly total: number
  /** To be searched again. */
  readonly failed: number
  /** For good. */
  readonly refused: number
  /** To be judged again. */
  readonly unjudged: number
  /** What went wrong in searches. */
  readonly reasons: readonly ReasonCount[]
}

/** Undefined: nothing is missing. */
export function incompleteSearches(counts: SearchCounts): IncompleteError | undefined {
  const { total, failed, refused, unjudged, reasons } = counts
  const missing = [
    ...(failed > 0 ? [`${failed} of ${total} searches failed. Repeat the command to try them again.`] : []),
    ...(unjudged > 0
      ? [
          `the judge failed for ${unjudged} searches. Repeat the command to judge them again; nothing is searched twice.`,
        ]
      : []),
  ]
  if (total > 0 && counted(reasons, ['failed', 'refused', 'void']) === total) {
    missing.unshift('No search came to an answer or to a limit: the figures say nothing about the policy.')
  }
  if (missing.length === 0) return undefined
  const why = refused === 0 ? [] : [refusedText(counts)]
  return new IncompleteError([...missing, ...why, ...reasonLines(reasons)].join('\n'))
}

/** Such as `1 of 4 searches is given up: ...`. */
export function refusedText({ total, refused }: Pick<SearchCounts, 'total' | 'refused'>): string {
  return (
    `${refused} of ${total} searches ${refused === 1 ? 'is' : 'are'} given up and counted as not right: the server refused ` +
    'what does not change, or answered in the same way twice. To search again after a change to the server, add --retry-refused.'
  )
}

/** Of all searches, from which share on a profile does not suit a model. */
const formlessShare = 0.2

/** Where more than a fifth of the searches ended without an action in the profile's form: one reply, and the profile to try. */
export function formWarning({ total, reasons }: SearchCounts, profile: Pick<Profile, 'name'>): string | undefined {
  const formless = reasons.filter(({ code }) => code === 'no-action' || code === 'plain-answer')
  const count = formless.reduce((sum, reason) => sum + reason.count, 0)
  const [first] = formless
  if (first === undefined || count <= total * formlessShare) return undefined
  const named = /--profile ([\w.-]*\w)/.exec(first.message)?.[1]
  const other = named ?? (profile.name === 'tools' ? 'default' : 'tools')
  return (
    `${count} of ${total} searches ended without a zoom or an answer in the form of the profile ${profile.name}. One reply began: ` +
    `${plainLine(JSON.stringify(first.example ?? ''), 200)}. Try --profile ${other}` +
    `${named === undefined ? ', or --profile direct for answers without zooms' : ''}; doctor tells which one a model can follow.`
  )
}

function counted(reasons: readonly ReasonCount[], kinds: readonly Reason['kind'][]): number {
  return reasons.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { count }) => sum + count, 0)
}

const mostLines = 5
const longestLine = 700

/** The commonest reasons, a line each. */
export function reasonLines(reasons: readonly ReasonCount[]): string[] {
  const others = reasons.slice(mostLines).reduce((sum, { count }) => sum + count, 0)
  return [
    ...reasons
      .slice(0, mostLines)
      .map((reason) => `  ${plainLine(`${reason.count} x ${reasonText(reason)}`, longestLine)}`),
    ...(others > 0 ? [`  ${others} x other reasons`] : []),
  ]
}

const mostTold = 5

/** Tells each new reason once, when it first occurs; the counts come at the end. */
export function reasonTeller(say: (line: string) => void): (reason: Reason) => void {
  const told: Reason[] = []
  return (reason) => {
    if (told.length >= mostTold || countReasons([...told, reason]).length === told.length) return
    told.push(reason)
    say(plainLine(`A search went wrong: ${reasonText(reason)}`, longestLine))
  }
}
