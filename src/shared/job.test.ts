import { expect, test } from 'vitest'
import { jobText, secondsLeft } from './job.ts'
import type { JobProgress } from './job.ts'

const job: JobProgress = { unit: 'steps', total: 100, done: 40, before: 20, startedMs: 1000, toldMs: 201_000 }

test.each([
  ['done before a resume counts, but not towards the rate', job, '40 of 100 steps, 6.00/min, 10 min 00 s left', 600],
  ['nothing done yet: no rate', { ...job, done: 20 }, '20 of 100 steps', undefined],
  ['told at once', { ...job, toldMs: 1000 }, '40 of 100 steps', undefined],
  ['all done', { ...job, done: 100 }, '100 of 100 steps, 24.0/min', undefined],
] as const)('%s', (_, given, text, left) => {
  expect(jobText(given)).toBe(text)
  expect(secondsLeft(given)).toBe(left)
})
