/** Why a search with a known target was not right. Without zod, since the pages use it too. */

/**
 * Each such search has exactly one cause:
 * `misread`: answered wrongly, within or beyond the limits, although the target was shown legibly; `guessed`: answered wrongly otherwise;
 * `looped`: reached a limit, and at least half of its looks were at places it had looked at before;
 * `passed-over`: reached a limit although the target was shown legibly; `never-found`: reached a limit otherwise;
 * `void`: a turn without an action; `failed`: no reply, see its reason; `unjudged`: the judge failed, to be judged again.
 */
export const causes = [
  'never-found',
  'passed-over',
  'looped',
  'misread',
  'guessed',
  'void',
  'failed',
  'unjudged',
] as const
export type MissCause = (typeof causes)[number]
