/** A search without what the clock decides, to compare two that have to be equal. */
import type { Trajectory } from '../src/protocol/trajectory.ts'

export function untimed({ turns, startedMs: _startedMs, unfinished, ...trajectory }: Trajectory): Trajectory {
  return {
    ...trajectory,
    ms: 0,
    turns: turns.map(({ startMs: _startMs, firstTokenMs: _firstTokenMs, ...turn }) => ({ ...turn, ms: 0 })),
    ...(unfinished && { unfinished: { ...unfinished, startMs: 0, ms: 0 } }),
  }
}
