/**
 * Searches as OpenTelemetry spans in the JSON form of OTLP, one line for each search: a span for the search, one for each turn, and below it
 * the call of the model and the zoom, by the semantic conventions for generative AI. Ids are hashes, so equal searches give equal lines.
 */
import type { Trajectory, Turn } from '../../protocol/trajectory.ts'
import { policyNamed } from '../../policy/registry/kinds.ts'
import { sha256 } from '../../shared/canonical.ts'
import { version } from '../../shared/version.ts'
import { problemName } from '../stored-outcomes.ts'

export interface SpanContext {
  /** The name of the run. */
  readonly run: string
  /** Which of its searches it is. */
  readonly key: string
  /** When a search began of which this is not stored, in milliseconds since 1970. */
  readonly startedMs: number
}

type AttributeValue = string | number | boolean | readonly number[] | readonly string[]

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1: internal, 3: client. */
  readonly kind: 1 | 3
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly object[]
  /** 2: error. */
  readonly status: { readonly code?: 2; readonly message?: string }
}

/** One `TracesData`. */
export function searchSpans(trajectory: Trajectory, context: SpanContext): object {
  const attributes = attributesOf({ 'service.name': 'mini-o3', 'service.version': version, 'mini_o3.run': context.run })
  const spans = [...spansOf(trajectory, context)]
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: 'mini-o3', version }, spans }] }] }
}

function* spansOf(trajectory: Trajectory, { run, key, startedMs }: SpanContext): Generator<Span, void> {
  const { policy, turns, usage, problem, end, verdict, failure, parent } = trajectory
  const traceId = sha256(JSON.stringify([run, key])).slice(0, 32)
  const idOf = (...path: readonly (string | number)[]): string => sha256([traceId, ...path].join('/')).slice(0, 16)
  const model = { 'gen_ai.provider.name': providerOf(policy), 'gen_ai.request.model': modelOf(policy) }
  const beganMs = trajectory.startedMs ?? startedMs
  const span = (
    path: string,
    parentSpanId: string | undefined,
    name: string,
    kind: 1 | 3,
    from: number,
    to: number,
    facts: Facts,
    error?: string,
  ): Span => ({
    traceId,
    spanId: idOf(path),
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind,
    startTimeUnixNano: nanoseconds(beganMs + from),
    endTimeUnixNano: nanoseconds(beganMs + Math.max(from, to)),
    attributes: attributesOf(facts),
    status: error === undefined ? {} : { code: 2, message: error.toWellFormed() },
  })
  const root = idOf('search')
  yield span(
    'search',
    undefined,
    'invoke_agent mini-o3',
    1,
    0,
    trajectory.ms,
    {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'mini-o3',
      ...model,
      'gen_ai.usage.input_tokens': usage.promptTokens,
      'gen_ai.usage.output_tokens': usage.replyTokens,
      'mini_o3.problem': problemName(problem),
      'mini_o3.sample': trajectory.sampleIndex,
      'mini_o3.profile': trajectory.profile.name,
      'mini_o3.turns': turns.length,
      'mini_o3.end': end,
      'mini_o3.verdict': verdict?.kind,
      'mini_o3.reward': trajectory.reward?.total,
      'mini_o3.fork_of_sample': parent?.sampleIndex,
    },
    failure?.message,
  )
  let at = 0
  for (const [index, turn] of turns.entries()) {
    const from = turn.startMs ?? at
    const to = from + turn.ms
    at = to
    const id = idOf(`turn ${index + 1}`)
    yield span(
      `turn ${index + 1}`,
      root,
      `turn ${index + 1}`,
      1,
      from,
      to,
      { 'mini_o3.turn': index + 1 },
      turn.error?.error,
    )
    yield span(`turn ${index + 1}/chat`, id, `chat ${modelOf(policy)}`, 3, from, to, {
      'gen_ai.operation.name': 'chat',
      ...model,
      ...usageFacts(turn),
    })
    if (turn.action === undefined || turn.action.kind === 'answer') continue
    const { tool, facts } = toolFacts(turn, trajectory)
    yield span(
      `turn ${index + 1}/tool`,
      id,
      `execute_tool ${tool}`,
      1,
      to,
      to,
      { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': tool, ...facts },
      turn.error?.error,
    )
  }
}

type Facts = Readonly<Record<string, AttributeValue | undefined>>

function usageFacts({ usage, finish }: Turn): Facts {
  return {
    'gen_ai.usage.input_tokens': usage.promptTokens,
    'gen_ai.usage.output_tokens': usage.replyTokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cachedTokens,
    'gen_ai.response.finish_reasons': [finish],
  }
}

function toolFacts(
  { action, observation }: Turn,
  { observations }: Trajectory,
): { readonly tool: string; readonly facts: Facts } {
  const seen = observation === undefined ? undefined : observations[observation]
  const facts = {
    'mini_o3.source': action !== undefined && action.kind !== 'answer' ? action.source : undefined,
    'mini_o3.box_px': seen === undefined ? undefined : [...seen.boxInOriginalPx],
    'mini_o3.observation': observation,
  }
  return { tool: action?.kind === 'tool' ? action.use.tool : 'zoom', facts }
}

/** The model behind a server or in a file; other policies are our own. */
function modelOf(policy: string): string {
  return policyNamed(policy)?.model || policy
}

/** Servers are all spoken to in OpenAI's way. */
function providerOf(policy: string): string {
  return policyNamed(policy)?.kindName === 'chat' ? 'openai' : 'mini-o3'
}

function nanoseconds(ms: number): string {
  return (BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms - Math.floor(ms)) * 1e6))).toString()
}

function attributesOf(facts: Facts): object[] {
  return Object.entries(facts).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: valueOf(value) }]))
}

/** Whole numbers are written as text, since 64 bits exceed the numbers of JSON. */
function valueOf(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value.toWellFormed() }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: value.map((one: string | number) => valueOf(one)) } }
}
