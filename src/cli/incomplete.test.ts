/** What is said where a model does not write the form of its profile, and where searches fail. */
import { expect, test } from 'vitest'
import { countReasons } from '../protocol/reason-count.ts'
import type { Reason } from '../protocol/reason.ts'
import { StoppedEarlyError } from '../search/failing-alike.ts'
import { formWarning, incompleteSearches, stoppedSearches } from './incomplete.ts'

const plain: Reason = {
  kind: 'plain',
  code: 'plain-answer',
  message: 'Taken from plain prose.',
  example: 'It is \u001b[2Jred.',
}
const call: Reason = {
  kind: 'void',
  code: 'no-action',
  message: 'Neither. Try --profile deepeyes-lenient.',
  example: '{}',
}
const other: Reason = { kind: 'failed', code: 'reply-broken', message: 'Broken.' }

function warning(total: number, reasons: readonly Reason[], name = 'default'): string | undefined {
  return formWarning({ total, failed: 0, refused: 0, unjudged: 0, reasons: countReasons(reasons) }, { name })
}

test('more than a fifth of searches without an action: one reply is quoted, and a profile is named', () => {
  expect(warning(10, [plain, plain])).toBeUndefined()
  expect(warning(10, [other, other, other])).toBeUndefined()
  const said = warning(10, [plain, plain, call])!
  expect(said).toContain('3 of 10 searches')
  expect(said).toContain('"It is \\\\u001b[2Jred."'.replace('\\\\', '\\'))
  expect(said).toContain('--profile tools')
  expect(warning(4, [call, call])).toContain('--profile deepeyes-lenient;')
  expect(warning(4, [plain, plain], 'tools')).toContain('--profile default')
})

test.each([
  ['reply-cut', 'The reply was cut off. Raise the limit with --reply-tokens.', '--reply-tokens'],
  ['request-refused', 'The prompt has 9 pictures. Set --max-images 4.', '--max-images'],
  ['no-action', 'The reply is empty.', 'another profile'],
  ['endpoint-unreachable', 'Nothing listens. Start it with --jinja.', undefined],
])(
  'advice of %s that changes the search begins a new run, and is not said to resume this one',
  (code, message, option) => {
    const reason: Reason = { kind: 'failed', code, message }
    const reasons = countReasons(Array.from({ length: 20 }, () => reason))
    const stopped = stoppedSearches(new StoppedEarlyError('failing-alike', 'alike', reason), reasons, 'runs/a').message
    const ended = incompleteSearches({ total: 20, failed: 20, refused: 0, unjudged: 0, reasons })!.message
    const told = `With ${option} this becomes a new run: leave out --run, or name another folder with it.`
    for (const text of [stopped, ended])
      if (option === undefined) expect(text).not.toContain('new run')
      else expect(text).toContain(told)
  },
)

test('a run that was stopped names the option that searches its refused searches again', () => {
  const stopped = (kind: Reason['kind']) => {
    const reason: Reason = { kind, code: 'content-filtered', message: 'Filtered.' }
    return stoppedSearches(new StoppedEarlyError('too-many-failed', 'many', reason), countReasons([reason]), 'a')
      .message
  }
  expect(stopped('refused')).toContain('add --retry-refused')
  expect(stopped('failed')).not.toContain('--retry-refused')
})
