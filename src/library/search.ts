/** `mini-o3/search`: the search loop as a stream of events, many searches at once, and the judges of their answers. */
export { search } from '../search/search.ts'
export type { Asked, SearchOptions, Task } from '../search/search.ts'
export type { SearchEvent } from '../search/events.ts'
export { searchGroup, searchMany, searchToEnd } from '../search/search-many.ts'
export type { ManyOptions, Sample, SearchResult } from '../search/search-many.ts'

export { judgeTrajectory } from '../judge/judge.ts'
export type { Judge } from '../judge/judge.ts'
export { judgeExact } from '../judge/exact.ts'
export { judgeChoice } from '../judge/choice.ts'
export { llmJudge } from '../judge/llm.ts'
export { openJudgeCache } from '../judge/judge-cache.ts'

export { openRun } from '../runs/run-folder.ts'
export type { RunFolder } from '../runs/run-folder.ts'
