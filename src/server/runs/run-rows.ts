/** What a list of runs tells of each: from its settings and files at once, and from its logs when they have been read. */
import { forkCommand } from '../../runs/forks.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { RunFigures, RunRow, RunState, RunSummary } from '../api/types.ts'
import type { ListedSearch } from './items.ts'

export function rowOf(run: FoundRun): RunRow {
  const { name, settings, unreadable, startedMs, changedMs, live, bytes, progress } = run
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const { seed } = settings
  const data = text(settings['data'])
  return {
    name,
    command: text(settings['command']),
    policy: text(settings['policy']),
    benchmark: text(settings['benchmark']),
    data: isHash(data) ? '' : data,
    profile: profileOf(settings),
    question: text(settings['question']),
    ...(typeof seed === 'number' && { seed }),
    startedMs,
    changedMs,
    live,
    state: stateOf(run),
    ...(progress && { progress }),
    ...(unreadable !== undefined && { unreadable }),
    bytes,
  }
}

/** Cold-start sets are named by their hash. */
function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** Settings of earlier versions only have the hash of the profile. */
function profileOf({ protocol, profile }: FoundRun['settings']): string {
  const named = fieldsOf(protocol)?.['profile'] ?? profile
  return typeof named === 'string' && !isHash(named) ? named : ''
}

function stateOf({ unreadable, live, progress, hasResult, settings }: FoundRun): RunState {
  if (unreadable !== undefined) return 'unreadable'
  if (live) return 'running'
  if (progress !== undefined) return endStates[progress.ended?.how ?? 'interrupted']
  return hasResult || ['serve', forkCommand].includes(String(settings['command'])) ? 'finished' : 'unknown'
}

const endStates = {
  complete: 'finished',
  incomplete: 'incomplete',
  interrupted: 'interrupted',
  failed: 'failed',
} as const

const mostQuestions = 3

export function summaryOf(searches: readonly ListedSearch[], { scores, latest }: RunFigures): RunSummary {
  const questions = new Set<string>()
  const policies = new Map<string, number>()
  let cost: number | undefined
  for (const { item } of searches) {
    questions.add(item.question)
    if (item.policy !== undefined) policies.set(item.policy, (policies.get(item.policy) ?? 0) + 1)
    if (item.cost !== undefined) cost = (cost ?? 0) + item.cost
  }
  return {
    searches: searches.length,
    questions: [...questions].slice(0, mostQuestions),
    questionCount: questions.size,
    policies: [...policies].toSorted(([, a], [, b]) => b - a).map(([name]) => name),
    scores,
    latest,
    ...(cost !== undefined && { cost }),
  }
}
