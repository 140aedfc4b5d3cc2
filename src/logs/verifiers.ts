/**
 * Results of verifiers: `results.jsonl` with `metadata.json` beside it, or `traces.jsonl` of its version 1, whose lines are episodes with
 * the graph of their messages.
 */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fieldsOf } from '../shared/fields.ts'
import type { Fields } from '../shared/fields.ts'
import { parseJson } from '../shared/json.ts'
import type { CallUsage, ForeignLog, ForeignSample, ForeignVerdict, LoggedMessage } from './foreign.ts'
import { linesOf } from './jsonl-log.ts'
import { readMessages } from './message.ts'
import { idIn, numberIn, textIn } from './values.ts'
import { rightFrom } from './verl.ts'

const mostSettingsBytes = 64 * 1024 ** 2

export async function openVerifiersLog(file: string): Promise<ForeignLog> {
  const path = join(dirname(file), 'metadata.json')
  const size = (await stat(path).catch(() => undefined))?.size ?? Infinity
  const metadata = size > mostSettingsBytes ? {} : (fieldsOf(parseJson(await readFile(path, 'utf8'))) ?? {})
  const { env_id: environment, model, pass_threshold: threshold, tools: _tools, ...settings } = metadata
  // Version 1 names its folder `<environment>--<model>--<harness>`, or a folder in it.
  const [named, namedModel] =
    [dirname(file), dirname(dirname(file))].map((one) => basename(one).split('--')).find((one) => one.length > 1) ?? []
  const from = numberIn(threshold) ?? rightFrom
  const attempts = new Map<string, number>()
  return {
    kind: 'verifiers',
    task: textIn(environment) ?? named ?? basename(dirname(file)),
    model: textIn(model) ?? namedModel ?? 'model',
    settings,
    samples: () => {
      attempts.clear()
      return linesOf(file, (line, number) => {
        const samples = Array.isArray(line['traces']) ? episode(line, number, from) : [rollout(line, number, from)]
        return samples.map((sample) => {
          const attempt = attempts.get(sample.id) ?? 0
          attempts.set(sample.id, attempt + 1)
          return { ...sample, attempt }
        })
      })
    },
  }
}

function rollout(line: Fields, number: number, from: number): ForeignSample {
  const {
    example_id: id,
    prompt,
    completion,
    answer,
    reward,
    metrics,
    info,
    error,
    timing,
    stop_condition: stop,
  } = line
  const { is_truncated: cut, token_usage: tokens } = line
  const timings = fieldsOf(timing) ?? {}
  const ms = numberIn(timings['total_ms']) ?? numberIn(timings['generation_ms'])
  return {
    id: idIn(id) ?? String(number),
    attempt: 0,
    prompt: readMessages(prompt ?? []),
    rest: repliesOf(completion),
    truth: textIn(answer),
    verdict: verdictOf(numberIn(reward), from),
    reward: rewardOf(numberIn(reward), metrics),
    error: errorText(error),
    limit: cut === true ? 'the length of the context' : textIn(stop),
    seconds: numberIn(timings['total']) ?? (ms === undefined ? undefined : ms / 1000),
    facts: { ...given('info', info), ...given('token_usage', tokens) },
  }
}

/** A completion may be the text of one reply. */
function repliesOf(completion: unknown): LoggedMessage[] {
  return typeof completion === 'string'
    ? readMessages([{ role: 'assistant', content: completion }])
    : readMessages(completion ?? [])
}

function verdictOf(reward: number | undefined, from: number): ForeignVerdict | undefined {
  if (reward === undefined) return undefined
  return { kind: reward >= from ? 'correct' : 'wrong', reason: `reward: ${reward}; right if at least ${from}` }
}

function rewardOf(total: number | undefined, metrics: unknown): ForeignSample['reward'] {
  if (total === undefined) return undefined
  const parts = Object.entries(fieldsOf(metrics) ?? {}).flatMap(([name, value]) => {
    const points = numberIn(fieldsOf(value)?.['score'] ?? value)
    return points === undefined ? [] : [[name, points] as const]
  })
  return { total, parts: Object.fromEntries(parts) }
}

function errorText(error: unknown): string | undefined {
  if (typeof error === 'string') return textIn(error)
  const { message, error_chain_str: chain, error: name, type } = fieldsOf(error) ?? {}
  return textIn(message) ?? textIn(chain) ?? textIn(name) ?? textIn(type)
}

function given(name: string, value: unknown): Fields {
  return Object.keys(fieldsOf(value) ?? {}).length > 0 ? { [name]: value } : {}
}

/** One sample for each agent of an episode that said something. */
function episode(line: Fields, number: number, from: number): ForeignSample[] {
  const traces: unknown[] = Array.isArray(line['traces']) ? line['traces'] : []
  const task = fieldsOf(line['task']) ?? {}
  const name = taskName(task) ?? textIn(line['id']) ?? `line ${number + 1}`
  const errors: unknown = line['errors']
  const failed = Array.isArray(errors) && line['ok'] !== true ? errorText(errors.at(-1)) : undefined
  if (traces.length === 0) {
    return [
      {
        id: name,
        attempt: 0,
        prompt: [],
        rest: [],
        error: failed ?? 'The episode has no trace.',
        facts: given('task', task),
      },
    ]
  }
  return traces.map((value) => {
    const trace = fieldsOf(value) ?? {}
    const agent = textIn(fieldsOf(trace['agent'])?.['name'])
    const sample = traceSample(trace, from)
    return {
      ...sample,
      id: traces.length > 1 && agent !== undefined ? `${name} · ${agent}` : name,
      error: sample.error ?? failed,
    }
  })
}

function taskName(task: Fields): string | undefined {
  const data = fieldsOf(task['data']) ?? {}
  const { idx, id, name } = data
  return textIn(task['key']) ?? textIn(name) ?? idIn(id) ?? idIn(idx)
}

function traceSample(trace: Fields, from: number): ForeignSample {
  const { nodes, calls, rewards, metrics, errors, stop_condition: stop, timing, task, info } = trace
  const path = longestPath(Array.isArray(nodes) ? nodes : [])
  const usages = usageByNode(calls)
  const messages = path.map(({ node, index }): LoggedMessage => {
    const [message] = readMessages([node['message']])
    if (message === undefined) throw new Error('a message is missing')
    return { ...message, usage: usages.get(index) }
  })
  const start = path.findIndex(({ node }) => node['sampled'] === true)
  const split = start < 0 ? messages.length : start
  const scores = Object.values(fieldsOf(rewards) ?? {}).flatMap((one) => {
    const { score, weight } = fieldsOf(one) ?? {}
    const points = numberIn(score)
    return points === undefined ? [] : [points * (numberIn(weight) ?? 1)]
  })
  const total = scores.length === 0 ? undefined : scores.reduce((sum, one) => sum + one, 0)
  const data = fieldsOf(fieldsOf(task)?.['data']) ?? {}
  const agent = fieldsOf(fieldsOf(timing)?.['agent']) ?? {}
  const [began, ended] = [numberIn(agent['start']) ?? 0, numberIn(agent['end']) ?? 0]
  return {
    id: '',
    attempt: 0,
    prompt: messages.slice(0, split),
    rest: messages.slice(split),
    truth: textIn(data['answer']) ?? textIn(data['solution']),
    verdict: verdictOf(total, from),
    reward: rewardOf(total, { ...fieldsOf(metrics), ...fieldsOf(rewards) }),
    error: Array.isArray(errors) && trace['ok'] !== true ? errorText(errors.at(-1)) : undefined,
    limit: textIn(stop),
    ...(ended > began && { seconds: ended - began }),
    facts: { ...given('info', info), ...branches(nodes, path.length) },
  }
}

interface PathNode {
  readonly node: Fields
  readonly index: number
}

/** The path from a root to the leaf with the most messages; others are branches of it. */
function longestPath(nodes: readonly unknown[]): PathNode[] {
  const depths: number[] = []
  for (const [index, value] of nodes.entries()) {
    const parent = numberIn(fieldsOf(value)?.['parent'])
    // A parent comes before its children.
    depths.push(parent === undefined || parent >= index ? 1 : (depths[parent] ?? 0) + 1)
  }
  const path: PathNode[] = []
  let at: number | undefined = depths.reduce((best, depth, index) => (depth >= (depths[best] ?? 0) ? index : best), 0)
  while (at !== undefined && nodes[at] !== undefined) {
    const node: Fields = fieldsOf(nodes[at]) ?? {}
    path.push({ node, index: at })
    const parent: number | undefined = numberIn(node['parent'])
    at = parent !== undefined && parent < at && parent >= 0 ? parent : undefined
  }
  return path.toReversed()
}

function branches(nodes: unknown, shown: number): Fields {
  const left = (Array.isArray(nodes) ? nodes.length : 0) - shown
  return left > 0 ? { branches: `${left} messages of other branches are not shown` } : {}
}

function usageByNode(calls: unknown): Map<number, CallUsage> {
  const usages = new Map<number, CallUsage>()
  for (const one of Array.isArray(calls) ? calls : []) {
    const call = fieldsOf(one) ?? {}
    const node = numberIn(call['node'])
    const usage = fieldsOf(call['usage']) ?? {}
    const time = fieldsOf(call['time']) ?? {}
    const count = (name: string): number => Math.max(0, Math.round(numberIn(usage[name]) ?? 0))
    const cached = count('cached_input_tokens')
    const ms = ((numberIn(time['end']) ?? 0) - (numberIn(time['start']) ?? 0)) * 1000
    if (node !== undefined)
      usages.set(node, {
        sent: count('prompt_tokens') + cached,
        cached,
        written: count('completion_tokens'),
        ms: Math.max(0, ms),
      })
  }
  return usages
}
