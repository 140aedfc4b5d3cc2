import { expect, it } from 'vitest'
import type { Verdict } from '../protocol/trajectory.ts'
import { agreementOf } from './agreement.ts'
import type { VerdictPair } from './agreement.ts'

const pairs = (before: Verdict['kind'], after: Verdict['kind'], times: number): VerdictPair[] =>
  Array.from({ length: times }, () => ({ before, after }))

it('gives the share that agrees and Cohen’s kappa of what both have judged', () => {
  // By hand: 35 of 50 agree, 0.7. Right before: 0.5, after: 0.6. By chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5. (0.7 - 0.5) / 0.5 = 0.4.
  const all = [
    ...pairs('correct', 'correct', 20),
    ...pairs('correct', 'wrong', 5),
    ...pairs('wrong', 'correct', 10),
    ...pairs('wrong', 'wrong', 15),
    ...pairs('unjudged', 'correct', 2),
    ...pairs('wrong', 'unjudged', 1),
  ]
  const { compared, agreement, kappa, table } = agreementOf(all)
  expect([compared, agreement]).toEqual([50, 0.7])
  expect(kappa).toBeCloseTo(0.4)
  expect(table).toEqual({
    correct: { correct: 20, wrong: 5, unjudged: 0 },
    wrong: { correct: 10, wrong: 15, unjudged: 1 },
    unjudged: { correct: 2, wrong: 0, unjudged: 0 },
  })
})

it('is 0 as by chance, 1 when all agree, negative when they contradict', () => {
  const kappa = (all: VerdictPair[]): number | null => agreementOf(all).kappa
  const mixed = [...pairs('correct', 'correct', 3), ...pairs('wrong', 'wrong', 2)]
  expect(kappa(mixed)).toBe(1)
  expect(kappa([...mixed, ...pairs('correct', 'wrong', 3), ...pairs('wrong', 'correct', 2)])).toBeCloseTo(0)
  expect(kappa([...pairs('correct', 'wrong', 4), ...pairs('wrong', 'correct', 4)])).toBe(-1)
})

it('has no kappa where chance explains everything, and no figure for nothing', () => {
  expect(agreementOf(pairs('correct', 'correct', 3))).toMatchObject({ compared: 3, agreement: 1, kappa: null })
  expect(agreementOf(pairs('unjudged', 'correct', 3))).toMatchObject({ compared: 0, agreement: null, kappa: null })
})
