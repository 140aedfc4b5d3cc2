/** The names of search patterns; `coldstart/patterns.ts` detects them. */
export const patternNames = [
  'depth-first',
  'trial-and-error',
  'return-to-original',
  'goal-maintenance',
  'self-reflection',
  'scanning',
  'breadth-first',
  'exhaustive-check',
] as const
export type PatternName = (typeof patternNames)[number]
