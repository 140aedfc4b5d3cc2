/** Which sequences of searches stop a run. */
import { expect, test } from 'vitest'
import { storedSearch } from '../../test/stored-searches.ts'
import { reasonOf } from '../protocol/reason.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { AbortedError } from '../shared/errors.ts'
import { StoppedEarlyError, watchFailures } from './failing-alike.ts'

const stored = storedSearch({ seed: 1, right: true })
const failing = (code: string, message = 'It broke.', times = 1): Trajectory => {
  return { ...stored, end: 'failed', failure: { code, message, times } }
}
const down = failing('endpoint-unreachable', 'No connection: ECONNREFUSED 127.0.0.1:8000.')
const broken = failing('endpoint-failed', 'http://x failed (status 500), request 7f3a.')
const refused = failing('request-refused', 'http://x refused the request (status 400).')
const refusedAgain = failing('request-refused', 'http://x refused the request (status 400).', 2)
const filtered = failing('content-filter')
const usage = { promptTokens: 1, imageTokens: 0, replyTokens: 1 }
const silent: Trajectory = { ...stored, end: 'void', turns: [{ text: 'Well.', finish: 'stop', usage, ms: 1 }] }
const unjudged: Trajectory = { ...stored, verdict: { kind: 'unjudged', reason: 'No connection.' } }

const times = (count: number, one: Trajectory): Trajectory[] => Array.from({ length: count }, () => one)
const inTurn = (...all: Trajectory[]): Trajectory[] => times(20, stored).flatMap(() => all)
const request = (_: unknown, n: number): Trajectory => failing('endpoint-failed', `failed (status 500), request ${n}f.`)

test.each([
  ['the first 20 unreachable', {}, times(20, down), true],
  ['19 are too few', {}, times(19, down), false],
  ['messages with other numbers', {}, times(20, down).map(request), true],
  ['the first 20 refused', {}, times(20, refused), true],
  ['the first 20 filtered', {}, times(20, filtered), true],
  ['the first 20 without an action', {}, times(20, silent), true],
  ['the first 20 unjudged', {}, times(20, unjudged), true],
  ['a result in between', {}, [...times(19, down), stored, ...times(19, down)], false],
  ['20 after a result', {}, [...times(19, down), stored, ...times(20, down)], true],
  ['two reasons in turn', {}, inTurn(down, broken), false],
  ['another reason, then 20 alike', {}, [...times(19, down), ...times(20, broken)], true],
  ['policy and judge on one server', {}, inTurn(down, unjudged), false],
  ['refused after a result', {}, [stored, ...times(40, refused)], false],
  ['filtered after a result', {}, [stored, ...times(40, filtered)], false],
  ['without an action after a result', {}, [stored, ...times(40, silent)], false],
  ['the server breaks after a result', {}, [stored, ...times(20, broken)], true],
  ['the judge breaks after a result', {}, [stored, ...times(20, unjudged)], true],
  ['a resume that is refused', { served: true }, times(20, refused), true],
  ['a resume of refused searches', { served: true }, times(40, refusedAgain), false],
  ['a resume where all had been refused', {}, times(20, refusedAgain), true],
  ['asked to go on', { keepGoing: true }, times(99, down), false],
  ['fewer are owed', { owed: 19 }, times(19, down), false],
])('%s', (_, options, searches, stops) => {
  const watch = watchFailures({ owed: 100, served: false, ...options })
  for (const search of searches) watch.see(search)
  expect(watch.signal.aborted).toBe(stops)
  const aborted = new AbortedError()
  const thrown = watch.instead(aborted)
  if (!stops) {
    expect(thrown).toBe(aborted)
    return
  }
  expect(thrown).toBeInstanceOf(StoppedEarlyError)
  expect((thrown as StoppedEarlyError).reason).toEqual(reasonOf(searches.at(-1)!))
})

test('what finishes after the stop does not change why; other errors and interrupts stay what they are', () => {
  const watch = watchFailures({ owed: 100, served: false })
  for (const search of [...times(20, down), stored, broken]) watch.see(search)
  expect(watch.instead(new AbortedError())).toMatchObject({ reason: { code: 'endpoint-unreachable' }, exitCode: 1 })
  const bug = new TypeError('a bug')
  expect(watch.instead(bug)).toBe(bug)

  const stop = new AbortController()
  const interrupted = watchFailures({ owed: 100, served: false, stop: stop.signal })
  for (const search of times(5, down)) interrupted.see(search)
  stop.abort()
  expect(interrupted.signal.aborted).toBe(true)
  const aborted = new AbortedError()
  expect(interrupted.instead(aborted)).toBe(aborted)
})

test.each([
  ['more than allowed', { mostFailed: 2 }, [down, stored, unjudged, stored, filtered], true],
  ['as many as allowed', { mostFailed: 3 }, [down, stored, unjudged, stored, filtered], false],
  ['with those of earlier invocations', { mostFailed: 3, failed: 1 }, [down, stored, unjudged, filtered], true],
  ['none is allowed', { mostFailed: 0 }, [stored, down], true],
  ['replies without an action are results', { mostFailed: 0 }, [silent, silent], false],
  ['also where few are owed', { mostFailed: 0, owed: 1 }, [down], true],
])('failed searches: %s', (_, options, searches, stops) => {
  const watch = watchFailures({ owed: 100, served: true, ...options })
  for (const search of searches) watch.see(search)
  expect(watch.signal.aborted).toBe(stops)
  if (stops) expect(watch.instead(new AbortedError())).toMatchObject({ code: 'too-many-failed', exitCode: 1 })
})

test('a refusal counts as repeated only where the server answers other searches', () => {
  const timesOf = (options: object, ...before: Trajectory[]): number | undefined => {
    const watch = watchFailures({ owed: 100, served: false, ...options })
    for (const search of before) watch.see(search)
    return watch.afterEarlier(refused, refused.failure).failure?.times
  }
  expect(timesOf({})).toBe(1)
  expect(timesOf({}, stored)).toBe(2)
  expect(timesOf({ served: true })).toBe(2)
  expect(timesOf({ keepGoing: true })).toBe(2)
})
