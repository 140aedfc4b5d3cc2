/** Notices when search after search of a run fails for the same reason, or too many fail, so that the run can stop early. */
import { afterEarlier, isRefusal, lacksResult, reasonOf } from '../protocol/reason.ts'
import type { Reason } from '../protocol/reason.ts'
import { reasonKey } from '../protocol/reason-count.ts'
import type { Failure, Trajectory } from '../protocol/trajectory.ts'
import { AbortedError, MiniO3Error } from '../shared/errors.ts'

/** As many searches in a row that fail alike stop a run. */
export const mostAlike = 20

export interface WatchOptions {
  /** Number of searches that are still to be done. */
  readonly owed: number
  /** Whether a search of the run got a reply in an earlier invocation. */
  readonly served: boolean
  readonly keepGoing?: boolean | undefined
  /** Only failures of the server or the judge count, from the first search on: for a policy that is learning, and for stored searches. */
  readonly serverOnly?: boolean
  /** Stop when more searches than this have failed or have no verdict, including the `failed` ones of earlier invocations. */
  readonly mostFailed?: number | undefined
  readonly failed?: number
  /** Why one of these failed. */
  readonly earlier?: Reason | undefined
  readonly stop?: AbortSignal | undefined
}

export interface FailureWatch {
  /** Fires when searches in a row have failed alike, too many have failed, or `stop` fires. */
  readonly signal: AbortSignal
  /** Takes the searches in the order in which they finish. */
  see(trajectory: Trajectory): void
  /**
   * `afterEarlier`, unless the failure may be part of a streak that stops the run: that the server fails for every search says nothing about
   * this one.
   */
  afterEarlier(trajectory: Trajectory, earlier: Failure | undefined): Trajectory
  /** What a run throws for the error that ended it. */
  instead(error: unknown): unknown
  /** At the end of a run: throws if too many have failed, also where no search was left to be stopped. */
  checkFailed(): void
}

/**
 * Failures of the server or the judge make a streak at any time; refusals, and replies without an action, only as long as no search of this
 * invocation has had a result, since later they may well be alike for problems that follow each other. Refusals that repeat those of an
 * earlier invocation are about their searches. A search with a result, or another reason, ends a streak.
 */
export function watchFailures(options: WatchOptions): FailureWatch {
  const { owed, served, keepGoing = false, mostFailed = Number.POSITIVE_INFINITY, stop } = options
  const controller = new AbortController()
  let stopped: StoppedEarlyError | undefined
  let { failed = 0, earlier: lastFailed } = options
  function end(error: StoppedEarlyError): void {
    stopped = error
    controller.abort()
  }
  const tooMany = (reason: Reason): StoppedEarlyError => {
    const why = `${failed} searches failed, more than the ${mostFailed} that --fail-on-error allows`
    return new StoppedEarlyError('too-many-failed', why, reason)
  }
  const watches = !keepGoing && owed >= mostAlike
  let hasResults = options.serverOnly === true
  let newest: Reason | undefined
  let streak = 0
  /** The reason of a search that counts for a streak. */
  function streakReason(trajectory: Trajectory): Reason | undefined {
    const reason = reasonOf(trajectory)
    if (!watches || reason === undefined || !lacksResult(reason)) return undefined
    if (reason.kind === 'unjudged' || (reason.kind === 'failed' && !isRefusal(reason))) return reason
    const isRepeated = served && (trajectory.failure?.times ?? 1) > 1
    return hasResults || isRepeated ? undefined : reason
  }
  return {
    signal: stop === undefined ? controller.signal : AbortSignal.any([stop, controller.signal]),
    see(trajectory) {
      const any = reasonOf(trajectory)
      if (any !== undefined && lacksResult(any) && any.kind !== 'void') {
        failed++
        lastFailed = any
      }
      if (controller.signal.aborted) return
      if (any === undefined || !lacksResult(any)) hasResults = true
      const reason = streakReason(trajectory)
      streak = reason === undefined ? 0 : newest && reasonKey(newest) === reasonKey(reason) ? streak + 1 : 1
      newest = reason
      if (lastFailed !== undefined && lastFailed === any && failed > mostFailed) {
        end(tooMany(lastFailed))
      } else if (reason !== undefined && streak === mostAlike) {
        const why = `${mostAlike} searches in a row failed alike, so the others would probably fail, too`
        end(new StoppedEarlyError('failing-alike', why, reason))
      }
    },
    afterEarlier(trajectory, earlier) {
      const again = afterEarlier(trajectory, earlier)
      return streakReason(again) === undefined ? again : trajectory
    },
    instead: (error) => (stopped !== undefined && error instanceof AbortedError ? stopped : error),
    checkFailed() {
      if (lastFailed !== undefined && failed > mostFailed) throw tooMany(lastFailed)
    },
  }
}

/** The run was stopped early. All finished searches are stored. */
export class StoppedEarlyError extends MiniO3Error {
  declare readonly code: 'failing-alike' | 'too-many-failed'
  /** Why the last search failed. */
  readonly reason: Reason

  constructor(code: StoppedEarlyError['code'], why: string, reason: Reason) {
    super(code, `Stopped: ${why}.`)
    this.reason = reason
  }
}
