/**
 * `mini-o3`: what a program needs to open a picture, let a policy search it, and judge the answer. The subpaths `mini-o3/search`,
 * `/protocol`, `/policy`, `/engine`, `/train` and `/benchmark` hold the rest; docs/library.md lists all of them.
 */
export { openPicture } from './vision/open.ts'
export type { Picture, Pixels } from './vision/picture.ts'

export { search } from './search/search.ts'
export type { SearchOptions, Task } from './search/search.ts'
export type { SearchEvent } from './search/events.ts'

export { profiles } from './protocol/profile.ts'
export type { Profile } from './protocol/profile.ts'
export type { Problem } from './protocol/problem.ts'
export type { Trajectory } from './protocol/trajectory.ts'
export { parseTurn } from './protocol/parse-turn.ts'
export { resolveBox } from './protocol/resolve-box.ts'

export type { Policy } from './policy/policy.ts'
export { embeddedPolicy } from './policy/embedded/embedded-policy.ts'
export { chatPolicy } from './policy/chat/chat-policy.ts'
export { teacherPolicy } from './policy/teacher/teacher.ts'
export { openEndpoint } from './endpoint/open-endpoint.ts'

export { judgeExact } from './judge/exact.ts'
export { advantages } from './train/rl/advantages.ts'

export type { Scene } from './probe/scene.ts'
export { makeScene } from './probe/scene.ts'
export { makeProblem } from './probe/problem.ts'
export { scenePicture } from './probe/scene-picture.ts'

export { AbortedError, MiniO3Error, TransportError, UserError } from './shared/errors.ts'
