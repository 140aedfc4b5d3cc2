import { expect, test } from 'vitest'
import { storedSearch } from '../../../test/stored-searches.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import { searchLog } from '../../runs/searches.ts'
import { forkJudgeName, judgeOf } from './family.ts'

const { problem } = storedSearch({ seed: 1, right: true })
const right = problem.answer ?? ''

/** A run that was judged so, or its forks. */
function judgedBy(name: string | undefined, forks: boolean): FoundRun {
  const of = { command: 'eval', ...(name !== undefined && { judge: { name } }) }
  const settings = forks ? { command: 'fork', of } : of
  return {
    name: 'eval',
    path: forks ? 'runs/eval/forks' : 'runs/eval',
    settings,
    startedMs: 0,
    changedMs: 0,
    live: false,
    progress: undefined,
    hasResult: true,
    log: searchLog,
    bytes: 0,
    version: '',
  }
}

test.each([false, true])(
  'a fork is judged as its run was, or its verdict says how instead (of a fork: %s)',
  async (forks) => {
    const verdict = (name?: string, answer = right) => judgeOf(judgedBy(name, forks))(problem, answer, undefined)
    expect(await verdict()).toEqual({ kind: 'correct', reason: 'the same words' })
    expect(await verdict('exact')).toEqual({ kind: 'correct', reason: 'the same words' })
    expect(await verdict('anls')).not.toMatchObject({ reason: expect.stringContaining('exact match') })
    const named = [undefined, 'exact', 'anls', 'llm:qwen'].map((name) => forkJudgeName(judgedBy(name, forks)))
    expect(named).toEqual(['exact', 'exact', 'anls', 'exact'])
    for (const name of ['llm:qwen', 'local:qwen']) {
      const server = name.startsWith('llm') ? ' --judge-base-url <url>' : ''
      const again = `mini-o3 judge runs/eval/forks --judge ${name}${server}`
      const said = `by exact match: ${name}, which judged the run, was not asked; to ask it: ${again}`
      expect(await verdict(name)).toEqual({ kind: 'correct', reason: `the same words, ${said}` })
      expect(await verdict(name, 'no such answer')).toEqual({ kind: 'wrong', reason: `other words, ${said}` })
    }
  },
)
