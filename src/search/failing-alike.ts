/** Notices when search after search of a run fails for the same reason, so that the run can stop before it has asked for all of them. */
import { afterEarlier, isRefusal, lacksResult, reasonOf, reasonText } from '../protocol/reason.ts'
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
  readonly stop?: AbortSignal | undefined
}

export interface FailureWatch {
  /** Fires when searches in a row have failed alike, or `stop` does. */
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
}

/**
 * Failures of the server or the judge make a streak at any time; refusals, and replies without an action, only as long as no search of this
 * invocation has had a result, since later they may well be alike for problems that follow each other. Refusals that repeat those of an
 * earlier invocation are about their searches. A search with a result, or another reason, ends a streak.
 */
export function watchFailures({ owed, served, keepGoing = false, stop }: WatchOptions): FailureWatch {
  const controller = new AbortController()
  const watches = !keepGoing && owed >= mostAlike
  let hasResults = false
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
      if (controller.signal.aborted) return
      const any = reasonOf(trajectory)
      if (any === undefined || !lacksResult(any)) hasResults = true
      const reason = streakReason(trajectory)
      streak = reason === undefined ? 0 : newest && reasonKey(newest) === reasonKey(reason) ? streak + 1 : 1
      newest = reason
      if (streak === mostAlike) controller.abort()
    },
    afterEarlier(trajectory, earlier) {
      const again = afterEarlier(trajectory, earlier)
      return streakReason(again) === undefined ? again : trajectory
    },
    instead(error) {
      if (newest === undefined || !controller.signal.aborted || !(error instanceof AbortedError)) return error
      return new FailingAlikeError(newest)
    },
  }
}

/** The run was stopped since its searches fail alike. All finished searches are stored. */
export class FailingAlikeError extends MiniO3Error {
  readonly reason: Reason

  constructor(reason: Reason) {
    super('failing-alike', `${mostAlike} searches in a row failed alike: ${reasonText(reason)}`)
    this.reason = reason
  }
}
