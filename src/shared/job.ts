/** How far a command is, and the time that it has left. Pure. */
import { durationText, rateText } from './durations.ts'

export interface JobProgress {
  /** What is counted, such as `searches` or `steps`. */
  readonly unit: string
  readonly total: number
  readonly done: number
  /** How many were done when this invocation of the command started. */
  readonly before: number
  readonly startedMs: number
  /** When this was written. */
  readonly toldMs: number
  /** Absent while the command works; it stays absent if the process was killed. */
  readonly ended?: JobEnd
}

export interface JobEnd {
  readonly how: 'complete' | 'incomplete' | 'interrupted' | 'failed'
  readonly reason?: string
}

/** Whether there are results of a part only, be it that the command still works or that it ended early. */
export function isPart({ done, total, ended }: JobProgress): boolean {
  return ended?.how !== 'complete' && done < total
}

/** Undefined as long as nothing was done, or when nothing is left to do. */
export function secondsLeft(job: JobProgress): number | undefined {
  const perSecond = rateOf(job)
  return perSecond === 0 || job.done >= job.total ? undefined : (job.total - job.done) / perSecond
}

/** Per second, of this invocation. */
function rateOf({ done, before, startedMs, toldMs }: JobProgress): number {
  return toldMs > startedMs ? ((done - before) * 1000) / (toldMs - startedMs) : 0
}

export function countsText({ unit, total, done }: JobProgress): string {
  return `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}`
}

/** Of a command that works, for example `120 of 400 steps, 3.10/min, 1 h 30 min left`. */
export function jobText(job: JobProgress): string {
  const counts = countsText(job)
  const rate = rateOf(job)
  const left = secondsLeft(job)
  if (rate === 0) return counts
  return [counts, rateText(rate), ...(left === undefined ? [] : [`${durationText(left)} left`])].join(', ')
}
