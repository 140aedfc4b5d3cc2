/**
 * Every request of the Tinker protocol as a strict shape: a field that the protocol does not list is refused. Fields that
 * only its own Python client sends (version 0.38) stand in `theirs`.
 */
import { z } from 'zod'
import { policyLosses } from '../src/engine/engine.ts'

const id = z.string().min(1)
const seqId = z.int().positive()
const name = z
  .string()
  .regex(/^[a-zA-Z0-9_-]+$/)
  .max(255)

const chunk = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('encoded_text'), tokens: z.array(z.int().nonnegative()).min(1) }),
  z.strictObject({
    type: z.literal('image'),
    data: z.base64(),
    format: z.enum(['png', 'jpeg']),
    expected_tokens: z.int().positive(),
  }),
])
export type SentChunk = z.infer<typeof chunk>

const tensor = (dtype: 'int64' | 'float32') =>
  z.strictObject({
    data: z.array(dtype === 'int64' ? z.int() : z.number()),
    dtype: z.literal(dtype),
    shape: z.array(z.int()).length(1),
  })

const datum = z.strictObject({
  model_input: z.strictObject({ chunks: z.array(chunk).min(1) }),
  loss_fn_inputs: z.strictObject({
    target_tokens: tensor('int64'),
    weights: tensor('float32').exactOptional(),
    logprobs: tensor('float32').exactOptional(),
    advantages: tensor('float32').exactOptional(),
    // SkyRL's, from release 0.4 on.
    rollout_logprobs: tensor('float32').exactOptional(),
    // Of the hosted service's gspo.
    sequence_ratio_mask: tensor('float32').exactOptional(),
  }),
})
export type SentDatum = z.infer<typeof datum>

/** Of no consequence for a server that trains one small model. */
const theirs = {
  user_metadata: z.null().exactOptional(),
  optimizer_config: z.strictObject({ type: z.literal('adamw') }).exactOptional(),
  ttl_seconds: z.null().exactOptional(),
  overwrite: z.literal(false).exactOptional(),
} as const

const trainingInput = z.strictObject({
  data: z.array(datum).min(1).max(1024),
  loss_fn: z.enum(['cross_entropy', ...policyLosses]),
  loss_fn_config: z
    .union([
      z.strictObject({
        clip_low_threshold: z.number(),
        clip_high_threshold: z.number(),
        // Not of the protocol: the small model's extension.
        formed: z.literal(1).exactOptional(),
      }),
      z.strictObject({ delta_low: z.number(), delta_high: z.number() }),
    ])
    .exactOptional(),
})

export const requestShapes = {
  'client/config': z.looseObject({ sdk_version: z.string() }),
  'client/dynamic_config': z.looseObject({}),
  telemetry: z.looseObject({}),
  get_info: z.strictObject({ model_id: id, type: z.literal('get_info') }),
  create_session: z.strictObject({
    tags: z.array(z.string()),
    user_metadata: z.record(z.string(), z.unknown()).nullable(),
    sdk_version: z.string(),
    type: z.literal('create_session'),
  }),
  session_heartbeat: z.strictObject({ session_id: id, type: z.literal('session_heartbeat') }),
  create_model: z.strictObject({
    session_id: id,
    model_seq_id: z.int().nonnegative(),
    base_model: id,
    lora_config: z.strictObject({
      rank: z.int().nonnegative(),
      seed: z.int().nullish(),
      train_unembed: z.literal(true).exactOptional(),
      train_mlp: z.literal(true).exactOptional(),
      train_attn: z.literal(true).exactOptional(),
    }),
    user_metadata: theirs.user_metadata,
    optimizer_config: theirs.optimizer_config,
    type: z.literal('create_model'),
  }),
  unload_model: z.strictObject({ model_id: id, type: z.literal('unload_model') }),
  forward_backward: z.strictObject({
    model_id: id,
    seq_id: seqId,
    forward_backward_input: trainingInput,
    // Of the protobuf dialect.
    forward_only: z.boolean().exactOptional(),
  }),
  forward: z.strictObject({ model_id: id, seq_id: seqId, forward_input: trainingInput }),
  optim_step: z.strictObject({
    model_id: id,
    seq_id: seqId,
    adam_params: z.strictObject({
      learning_rate: z.number().nonnegative(),
      beta1: z.number(),
      beta2: z.number(),
      eps: z.number(),
      weight_decay: z.number(),
      grad_clip_norm: z.number().nonnegative(),
    }),
    type: z.literal('optim_step'),
  }),
  save_weights: z.strictObject({
    model_id: id,
    path: name,
    seq_id: seqId,
    type: z.literal('save_weights'),
    ttl_seconds: theirs.ttl_seconds,
    overwrite: theirs.overwrite,
    user_metadata: theirs.user_metadata,
  }),
  load_weights: z.strictObject({
    model_id: id,
    path: z.string().startsWith('tinker://'),
    optimizer: z.boolean(),
    seq_id: seqId,
    type: z.literal('load_weights'),
  }),
  save_weights_for_sampler: z
    .strictObject({
      model_id: id,
      path: name.exactOptional(),
      kind: z.literal('snapshot').exactOptional(),
      ttl_seconds: theirs.ttl_seconds,
      user_metadata: theirs.user_metadata,
      sampling_session_seq_id: z.int().nonnegative().exactOptional(),
      seq_id: seqId,
      type: z.literal('save_weights_for_sampler'),
    })
    .refine(({ path, sampling_session_seq_id }) => (path === undefined) !== (sampling_session_seq_id === undefined)),
  create_sampling_session: z.strictObject({
    session_id: id,
    sampling_session_seq_id: z.int().nonnegative(),
    base_model: id,
    type: z.literal('create_sampling_session'),
  }),
  asample: z.strictObject({
    sampling_session_id: id,
    seq_id: z.int().nonnegative(),
    prompt: z.strictObject({ chunks: z.array(chunk).min(1) }),
    num_samples: z.literal(1),
    sampling_params: z.strictObject({
      max_tokens: z.int().positive(),
      temperature: z.number().nonnegative(),
      top_p: z.literal(1),
      top_k: z.literal(-1),
      seed: z.int().nonnegative(),
      stop: z.array(z.int()),
      // Not of the protocol: the small model's extension.
      formed: z.literal(true).exactOptional(),
    }),
    type: z.literal('sample'),
    prompt_logprobs: z.literal(false).exactOptional(),
    topk_prompt_logprobs: z.literal(0).exactOptional(),
    topk_sample_logprobs: z.literal(0).exactOptional(),
    prompt_alt_tokens_k: z.literal(0).exactOptional(),
    record_stability_info: z.literal(false).exactOptional(),
  }),
  retrieve_future: z.strictObject({ request_id: id, allow_metadata_only: z.boolean().exactOptional() }),
} as const

export type Path = keyof typeof requestShapes
export type Sent<P extends Path> = z.infer<(typeof requestShapes)[P]>
