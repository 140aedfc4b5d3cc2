/** One search as a sample of an inspect_ai log, and as a line of the list of samples. Pure. */
import type { ToldMessage } from '../../coldstart/export/told-messages.ts'
import { imageMark } from '../../coldstart/export/training-row.ts'
import type { TrainingImage } from '../../coldstart/export/training-row.ts'
import { reasonText } from '../../protocol/reason.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { sha256 } from '../../shared/canonical.ts'
import { outcomeOf } from '../figures/outcome.ts'
import { problemName } from '../stored-outcomes.ts'

/** What the samples of a run have in common. */
export interface SampleContext {
  readonly model: string
  readonly judge: string
}

/** `problem`: its name. The id is a part of the name of a file in the log, so it has no control characters and an end. */
export function sampleId(problem: string): string {
  const name = problem.replaceAll(/\p{Cc}/gu, '?').toWellFormed()
  return name.length <= 200 ? name : `${name.slice(0, 180).toWellFormed()} ${sha256(name).slice(0, 16)}`
}

/** inspect_ai counts epochs from 1. */
export function epochOf({ sampleIndex }: Trajectory): number {
  return sampleIndex + 1
}

export function inspectSample(trajectory: Trajectory, told: readonly ToldMessage[], context: SampleContext): object {
  const { failure, end, turns, ms } = trajectory
  const facts = factsOf(trajectory, context)
  const attachments: Record<string, string> = {}
  const messages = told.map((message) => inspectMessage(message, attachments, context))
  const reply = messages.findLast(({ role }) => role === 'assistant')
  const stop = end === 'answered' || end === 'void' ? (turns.at(-1)?.finish ?? 'stop') : 'length'
  const error = failure && `${failure.code}: ${failure.message}`
  return {
    ...facts,
    input: messages.filter(({ role }) => role === 'user').slice(0, 1),
    messages,
    output: {
      model: context.model,
      choices: reply === undefined ? [] : [{ message: reply, stop_reason: stop === 'stop' ? 'stop' : 'max_tokens' }],
      completion: turns.at(-1)?.text ?? '',
      time: ms / 1000,
      ...(error !== undefined && { error }),
    },
    store: {},
    events: [],
    error_retries: [],
    ...(error !== undefined && { error: { message: error, traceback: error, traceback_ansi: error } }),
    ...(limitOf(trajectory) && { limit: limitOf(trajectory) }),
    attachments,
  }
}

/** The same without messages, which viewers read of all samples at once. */
export function inspectSummary(trajectory: Trajectory, context: SampleContext): object {
  const { problem, turns, failure } = trajectory
  const { type, reason } = limitOf(trajectory) ?? {}
  return {
    ...factsOf(trajectory, context),
    input: problem.question,
    completed: true,
    message_count: 2 * turns.length,
    ...(failure && { error: `${failure.code}: ${failure.message}` }),
    ...(type !== undefined && { limit: type, limit_reason: reason }),
  }
}

/** In inspect_ai's sense: what was read from the server's cache is not part of the input. */
export function usageOf(trajectory: Trajectory): { input: number; cached: number; output: number } {
  const { sent, cached, written } = outcomeOf(trajectory).spent
  return { input: sent - cached, cached, output: written }
}

/** The fields of usage in a log. */
export function usageFields({ input, cached, output }: ReturnType<typeof usageOf>): object {
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + cached + output,
    ...(cached > 0 && { input_tokens_cache_read: cached }),
  }
}

function factsOf(trajectory: Trajectory, { model, judge }: SampleContext): object {
  const { problem, seed, end, turns, ms, profile, answer, verdict } = trajectory
  const { correct, judged, reason } = outcomeOf(trajectory)
  const id = sampleId(problemName(problem))
  // A failed search counts as not right, as in the results of `eval`; one that is not judged yet has no score.
  const scored = judged || end === 'failed'
  const why = reason === undefined ? verdict?.reason : reasonText(reason)
  return {
    id,
    epoch: epochOf(trajectory),
    target:
      problem.alternatives === undefined ? (problem.answer ?? '') : [problem.answer ?? '', ...problem.alternatives],
    ...(problem.choices && { choices: problem.choices }),
    metadata: { ...(problem.level && { level: problem.level }), end, seed, profile: profile.name },
    scores: scored
      ? {
          [judge]: { value: correct ? 'C' : 'I', answer: answer ?? '', ...(why !== undefined && { explanation: why }) },
        }
      : {},
    model_usage: { [model]: usageFields(usageOf(trajectory)) },
    total_time: ms / 1000,
    working_time: ms / 1000,
    uuid: sha256(`${id} ${epochOf(trajectory)} ${trajectory.picture.sha256} ${seed}`).slice(0, 22),
    turn_count: turns.length,
  }
}

interface Limit {
  readonly type: 'turn' | 'context' | 'custom'
  readonly limit: number
  readonly reason: string
}

function limitOf({ end, maxTurns, observations, usage }: Trajectory): Limit | undefined {
  if (end === 'over-turn') return { type: 'turn', limit: maxTurns, reason: `The limit of ${maxTurns} turns.` }
  if (end === 'over-image') {
    return { type: 'custom', limit: observations.length, reason: `The limit of pictures, at ${observations.length}.` }
  }
  if (end !== 'over-context') return undefined
  const tokens = usage.promptTokens + usage.replyTokens
  return { type: 'context', limit: tokens, reason: `The limit of the context, at ${tokens} tokens.` }
}

interface InspectMessage {
  readonly role: ToldMessage['role']
  readonly source: 'generate' | 'input'
  readonly content: readonly object[]
  readonly model?: string
}

/** Pictures and long texts stand in `attachments`, once for all messages of the sample. */
function inspectMessage(
  { role, text, thinking, images }: ToldMessage,
  attachments: Record<string, string>,
  { model }: SampleContext,
): InspectMessage {
  const pictures = images.map((image) => {
    const url = urlOf(image)
    const name = sha256(url).slice(0, 32)
    attachments[name] = url
    return { type: 'image', image: `attachment://${name}`, detail: 'auto' }
  })
  if (role === 'assistant') {
    const thought = thinking === undefined ? [] : [{ type: 'reasoning', reasoning: thinking }]
    return { role, source: 'generate', content: [...thought, { type: 'text', text }], model }
  }
  const pieces = text.split(imageMark)
  // Where a question mentions the mark itself, nothing tells which of them are places of pictures.
  const placed = pieces.length - 1 === pictures.length
  const content = placed
    ? pieces.flatMap((piece, i) => [
        ...(piece === '' ? [] : [{ type: 'text', text: piece }]),
        ...pictures.slice(i, i + 1),
      ])
    : [...pictures, { type: 'text', text }]
  return { role, source: 'input', content }
}

function urlOf({ bytes, name }: TrainingImage): string {
  const type = name.endsWith('.png') ? 'png' : 'jpeg'
  return `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`
}
