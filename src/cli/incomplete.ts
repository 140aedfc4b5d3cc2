/** The error that ends a command whose printed result is incomplete: how much is missing, why, and what to do. */
import { reasonText } from '../protocol/reason.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Reason } from '../protocol/reason.ts'
import { reasonCounter, reasonCountText } from '../protocol/reason-count.ts'
import type { ReasonCount } from '../protocol/reason-count.ts'
import type { StoppedEarlyError } from '../search/failing-alike.ts'
import { MiniO3Error } from '../shared/errors.ts'
import { counted } from '../shared/numbers.ts'
import { plainLine } from './print/plain-text.ts'
import { shellWord } from '../shared/shell-word.ts'

/** The result was printed but is incomplete (exit 1). */
export class IncompleteError extends MiniO3Error {
  constructor(message: string) {
    super('incomplete', message)
  }
}

export interface SearchCounts {
  readonly total: number
  /** Searches that a resume runs again. */
  readonly failed: number
  /** Searches that were given up. */
  readonly refused: number
  /** Searches that a resume judges again. */
  readonly unjudged: number
  /** Reasons of failed searches with their counts. */
  readonly reasons: readonly ReasonCount[]
}

/** Undefined if nothing is missing. */
export function incompleteSearches(counts: SearchCounts): IncompleteError | undefined {
  const { total, failed, refused, unjudged, reasons } = counts
  const missing = [
    ...(failed > 0 ? [`${failed} of ${total} searches failed. Repeat the command to try them again.`] : []),
    ...(unjudged > 0
      ? [
          `The judge failed for ${counted(unjudged, 'search', 'searches')}. Repeat the command to judge the others; nothing is searched twice.`,
        ]
      : []),
  ]
  if (total > 0 && countOf(reasons, ['failed', 'refused', 'void']) === total) {
    missing.unshift('No search reached an answer or a limit, so the figures say nothing about the policy.')
  }
  if (missing.length === 0) return undefined
  const why = refused === 0 ? [] : [refusedText(counts)]
  const fix = reasons.slice(0, 1).flatMap((reason) => [...fixLine(reason), ...newRunLine(reason)])
  return new IncompleteError([...missing, ...why, ...reasonLines(reasons), ...fix].join('\n'))
}

/** For a run that was stopped because of its failures. */
export function stoppedSearches(
  { code, message, reason }: StoppedEarlyError,
  reasons: readonly ReasonCount[],
  run: string,
): IncompleteError {
  return new IncompleteError(
    [
      message,
      ...reasonLines(reasons),
      ...fixLine(reason),
      ...newRunLine(reason),
      `Finished searches are kept in ${run}. When the cause is fixed, resume with`,
      `  ${commandLine()}`,
      code === 'failing-alike'
        ? 'To continue in spite of such failures, add --keep-going.'
        : 'To allow more failures, raise --fail-on-error, or leave it out.',
      ...(countOf(reasons, ['refused']) > 0
        ? ['To search again what the server refused permanently, add --retry-refused.']
        : []),
    ].join('\n'),
  )
}

/** By code of the reason, where its message does not say what to do. */
const fixes: Readonly<Record<string, string>> = {
  'endpoint-unreachable': 'check that the server is running',
  'endpoint-busy': 'lower --concurrency, or wait until the server has loaded its model',
  'endpoint-failed': 'see the log of the server, or of the proxy in front of it',
  'request-failed': "see the server's log",
  'request-refused': "see the message and the server's log; mini-o3 doctor tests what the server supports",
  'connection-cut': "see the server's log: it may have run out of memory, or a proxy ends long requests",
  'reply-timeout': 'raise --reply-seconds, or lower --concurrency',
  'reply-empty': "see the server's log; mini-o3 doctor tests the replies of the model",
  'no-action': 'try another profile; mini-o3 doctor finds those that the model can follow',
  'wall-clock': 'lower --concurrency, or use a faster server',
  unjudged: 'check the server and the model of the judge',
}

function fixLine({ code }: Reason): string[] {
  const fix = fixes[code]
  return fix === undefined ? [] : [`To fix it: ${fix}.`]
}

/** Options of the search, as advice names them: a run is never resumed with other values of these. */
const searchOption = /--(?:reply-tokens|profile|max-images|max-pixels|coordinates)\b|another profile/

function newRunLine({ code, message }: Reason): string[] {
  const option = searchOption.exec(`${message} ${fixes[code] ?? ''}`)?.[0]
  if (option === undefined) return []
  return [`With ${option} this becomes a new run: leave out --run, or name another folder with it.`]
}

/** The command that is running, as it can be typed again. */
function commandLine(): string {
  return ['mini-o3', ...process.argv.slice(2).map(shellWord)].join(' ')
}

/** Such as `1 of 4 searches is given up: ...`. */
export function refusedText({ total, refused }: Pick<SearchCounts, 'total' | 'refused'>): string {
  return (
    `${refused} of ${total} searches ${refused === 1 ? 'is' : 'are'} given up and counted as not right: the server refused a request ` +
    'that would be the same again, or gave the same broken reply twice. To search them again after a change to the server, add --retry-refused.'
  )
}

/** Above this share of searches without a valid action, the profile does not suit the model. */
const formlessShare = 0.2

/** If more than a fifth of the searches ended without an action in the profile's form: quotes one reply and names a profile to try. */
export function formWarning({ total, reasons }: SearchCounts, profile: Pick<Profile, 'name'>): string | undefined {
  const formless = reasons.filter(({ code }) => code === 'no-action' || code === 'plain-answer')
  const count = formless.reduce((sum, reason) => sum + reason.count, 0)
  const [first] = formless
  if (first === undefined || count <= total * formlessShare) return undefined
  const named = /--profile ([\w.-]*\w)/.exec(first.message)?.[1]
  const other = named ?? (profile.name === 'tools' ? 'default' : 'tools')
  return (
    `${count} of ${total} searches ended without a zoom or an answer in the format of the profile ${profile.name}. One reply began: ` +
    `${plainLine(JSON.stringify(first.example ?? ''), 200)}. Try --profile ${other}` +
    `${named === undefined ? ', or --profile direct for answers without zooms' : ''}; mini-o3 doctor finds the profiles that a model can follow.`
  )
}

function countOf(reasons: readonly ReasonCount[], kinds: readonly Reason['kind'][]): number {
  return reasons.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { count }) => sum + count, 0)
}

const mostLines = 5
const longestLine = 700

/** The most common reasons, one per line. */
export function reasonLines(reasons: readonly ReasonCount[]): string[] {
  const others = reasons.slice(mostLines).reduce((sum, { count }) => sum + count, 0)
  return [
    ...reasons.slice(0, mostLines).map((reason) => `  ${plainLine(reasonCountText(reason, longestLine), longestLine)}`),
    ...(others > 0 ? [`  ${others} x other reasons`] : []),
  ]
}

const mostTold = 5

/** Prints each reason why searches fail when it first occurs; counts are printed at the end. */
export function reasonTeller(say: (line: string) => void): (reason: Reason) => void {
  const told = reasonCounter()
  let lines = 0
  return (reason) => {
    if (reason.kind === 'unanswered' || told.add(reason) > 1 || lines++ >= mostTold) return
    const what =
      reason.kind === 'boxes' || reason.kind === 'plain' ? 'The result of a search is doubtful' : 'A search failed'
    say(plainLine(`${what}: ${reasonText(reason)}`, longestLine))
  }
}

const mostLive = 3

/** For the progress line, such as `12 failed or unanswered (8 x request-failed, 4 x over-turn)`; empty if none are. */
export function liveReasons(reasons: readonly ReasonCount[]): string {
  const own = reasons.filter(({ kind }) => kind !== 'boxes' && kind !== 'plain')
  const total = own.reduce((sum, { count }) => sum + count, 0)
  const shown = own.slice(0, mostLive).map(({ code, count }) => `${count} x ${code}`)
  return total === 0
    ? ''
    : `${total} failed or unanswered (${[...shown, ...own.slice(mostLive, mostLive + 1).map(() => '...')].join(', ')})`
}
