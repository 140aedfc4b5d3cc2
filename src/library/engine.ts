/** `mini-o3/engine`: where gradients are computed and tokens sampled: the interface, worker threads of this process, a Tinker server. */
export { defaultAdam } from '../engine/engine.ts'
export type {
  AdamParameters,
  Datum,
  Engine,
  ForwardBackward,
  LookDatum,
  Looked,
  Loss,
  Prompt,
  SampledReply,
  SampleRequest,
  Sampler,
} from '../engine/engine.ts'
export { createEmbeddedEngine } from '../engine/embedded/embedded-engine.ts'
export type { EmbeddedEngine, EmbeddedEngineOptions } from '../engine/embedded/embedded-engine.ts'
export { tinkerEngine } from '../engine/tinker/tinker-engine.ts'
export type { TinkerEngine, TinkerEngineOptions } from '../engine/tinker/tinker-engine.ts'
