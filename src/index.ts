/** The library: what the commands are made of. */

export type { PixelBox, RelativeBox, Size } from './protocol/box.ts'
export { boxSize, pixelBox, relativeBox } from './protocol/box.ts'
export type { Level, Problem } from './protocol/problem.ts'
export { levels } from './protocol/problem.ts'
export type { Profile } from './protocol/profile.ts'
export { profileHash, profiles } from './protocol/profile.ts'
export type { ParsedTurn } from './protocol/parse-turn.ts'
export { parseTurn } from './protocol/parse-turn.ts'
export { resolveBox } from './protocol/resolve-box.ts'
export type { Action, End, Observation, Trajectory, Turn, Verdict } from './protocol/trajectory.ts'
export { completed, ends, trajectoryJsonSchema, trajectorySchema } from './protocol/trajectory.ts'

export type { Picture, Pixels } from './vision/picture.ts'
export { openPicture } from './vision/open.ts'

export type { Scene } from './probe/scene.ts'
export { makeScene } from './probe/scene.ts'
export { makeProblem } from './probe/problem.ts'
export { scenePicture } from './probe/scene-picture.ts'
export { buildProbe } from './probe/dataset.ts'
export { openProblemPicture, readProblems } from './benchmark/mini-o3-json.ts'

export type { Message, Policy, Reply, Session, Usage, View } from './policy/policy.ts'
export type { ChatPolicyOptions, Shot } from './policy/chat/chat-policy.ts'
export { chatPolicy } from './policy/chat/chat-policy.ts'
export { embeddedPolicy } from './policy/embedded/embedded-policy.ts'
export { teacherPolicy } from './policy/teacher/teacher.ts'

export type { Completion, CompletionRequest, Endpoint } from './endpoint/endpoint.ts'
export type { EndpointOptions } from './endpoint/open-endpoint.ts'
export { openEndpoint } from './endpoint/open-endpoint.ts'

export type { SearchEvent } from './search/events.ts'
export type { Asked, SearchOptions, Task } from './search/search.ts'
export { search } from './search/search.ts'
export { searchGroup, searchMany, searchToEnd } from './search/search-many.ts'

export type { Judge } from './judge/judge.ts'
export { judgeTrajectory } from './judge/judge.ts'
export { judgeExact } from './judge/exact.ts'

export { collect, readCollected } from './coldstart/collect.ts'
export { advantages } from './train/advantages.ts'
export { runSft } from './train/run-sft.ts'
export { evaluate } from './evaluate/evaluate.ts'
export { writePage } from './page/write-page.ts'

export type { RunFolder } from './shared/run-folder.ts'
export { openRun } from './shared/run-folder.ts'
export { AbortedError, MiniO3Error, TransportError, UserError } from './shared/errors.ts'
