/** Judge replies, letters and cycles, as the released scorer and the scripts of the benchmarks read them (see `test/conformance/official/README.md`). */
import { describe, expect, it } from 'vitest'
import { officialRows } from '../../test/official-rows.ts'
import { cycleScores } from '../benchmark/readers/hr-bench.ts'
import { canInferLetter } from '../benchmark/letter-rules.ts'
import type { Completion, CompletionRequest, Endpoint } from '../endpoint/endpoint.ts'
import { nothingSpent } from '../protocol/price.ts'
import type { JudgeCache } from './judge-cache.ts'
import { llmJudge } from './llm.ts'
import { judgeMmeLetter } from './mme-letter.ts'
import { scoreParser } from './parse-score.ts'

interface JudgeRow {
  readonly judge: readonly string[]
  readonly asked: number
  readonly temperatures: readonly number[]
  readonly right: boolean | null
}

const problem = { docId: 'p', dataSource: 'test', question: 'Which colour?', answer: 'red' }
const noCache: JudgeCache = {
  verdictOf: async (_, judge) => (await judge()).verdict,
  counts: () => ({ wanted: 0, cached: 0 }),
  tokens: () => nothingSpent,
}

describe('replies of the judge', () => {
  it.each(officialRows<JudgeRow>('judge').map((row) => [row.judge.join(' | '), row] as const))('%j', async (_, row) => {
    const asked: CompletionRequest[] = []
    const complete = async (request: CompletionRequest): Promise<Completion> => {
      asked.push(request)
      const text = row.judge[Math.min(asked.length, row.judge.length) - 1]!
      return { text, finish: 'stop', toolCalls: [], message: { role: 'assistant', content: text } as never }
    }
    const endpoint = { complete } as unknown as Endpoint
    const judge = llmJudge({ endpoint, model: 'judge', parser: scoreParser('official'), cache: noCache })
    const { kind } = await judge(problem, 'crimson', undefined)
    expect(kind).toBe(row.right === null ? 'unjudged' : row.right ? 'correct' : 'wrong')
    expect(asked.map(({ temperature }) => temperature)).toEqual(row.temperatures)
    expect(asked).toHaveLength(row.asked)
  })
})

interface LetterRow {
  readonly class: 'letter'
  readonly answer: string
  readonly choices: readonly string[]
  readonly canInfer: string | null
  readonly mme: string | null
}

interface CyclesRow {
  readonly class: 'cycles'
  readonly rows: readonly { readonly cycle: string; readonly category: string; readonly right: boolean }[]
  readonly average: Readonly<Record<string, number>>
}

const rows = officialRows<LetterRow | CyclesRow>('letters')

describe('letters', () => {
  const letters = rows.flatMap((row) => (row.class === 'letter' ? [row] : []))
  it.each(letters.map((row) => [row.answer, row.choices.join(' | '), row] as const))('%j of %s', (_, __, row) => {
    expect(canInferLetter(row.answer, row.choices) ?? null).toBe(row.canInfer)
    const verdictOf = (answer: string) =>
      judgeMmeLetter({ ...problem, answer, choices: [...row.choices] }, row.answer).kind
    const right = row.choices
      .map((_, at) => String.fromCodePoint(65 + at))
      .filter((letter) => verdictOf(letter) === 'correct')
    expect(right).toEqual(row.mme === null || row.mme > 'ABCDE'[row.choices.length - 1]! ? [] : [row.mme])
  })
})

describe('cycles', () => {
  const cycles = rows.flatMap((row) => (row.class === 'cycles' ? [row] : []))
  it.each(cycles.map((row, at) => [at + 1, row] as const))('table %i', (_, row) => {
    const scores = cycleScores(
      row.rows.map(({ right, ...slices }, at) => ({ slices: { ...slices, question: `${at}` }, correct: [right] })),
    )
    for (const [kind, average] of Object.entries(row.average)) {
      const name = kind === 'all' ? 'overall' : `category: ${kind}`
      expect(scores.find((score) => score.name === name)?.score).toBeCloseTo(average, 8)
    }
  })
})
