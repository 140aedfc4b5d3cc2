/** What stands beside published scores says so where it is not the like of them. */
import { micro } from '../../benchmark/aggregate.ts'
import { expect, test } from 'vitest'
import { rightOutcome } from '../../../test/right-outcome.ts'
import { reportOf } from '../figures/report.ts'
import type { EvalConfig } from '../protocol.ts'
import { paperTable } from './paper-table.ts'

const right = rightOutcome()

/** As if there were 23,600 problems. */
function noted(config: Partial<EvalConfig>): { readonly cell: string; readonly note: string } {
  const whole = { command: 'eval', benchmark: 'mme-realworld', samples: 1, maxTurns: 6, seed: 1, ...config }
  const problems = [{ name: 'one', slices: {}, outcomes: [right] }]
  const report = reportOf(problems, { samples: 1, maxTurns: 6, seed: 1, run: 'own', aggregate: micro })
  const summary = { ...report.summary, problems: 23_600 }
  const { table, notes } = paperTable([{ ...report, summary, name: 'own', config: whole }])
  return { cell: table.rows.at(-1)!.find((text) => text.includes('[1]'))!, note: notes.at(-1)! }
}

const judge = { name: 'mme-letter' }

test('all problems by the rule stand unmarked, of whichever published count they are', () => {
  const { cell, note } = noted({ judge })
  expect(cell).toMatch(/^100\.0 .*\[1\]$/)
  expect(note).toContain('own: MME-RealWorld, 23600 problems; ')
})

test('a shard, a part and another judge are marked and named', () => {
  const shard = noted({ judge, shard: { index: 2, of: 3 } })
  expect(shard.cell).toMatch(/\[1\]\*$/)
  expect(shard.note).toContain('23600 problems, shard 2 of 3; ')
  const part = noted({ judge: { name: 'choice' }, benchmark: 'hr-bench-4k' })
  expect(part.cell).toMatch(/\*$/)
  expect(part.note).toContain('23600 of 800 problems; ')
  const judged = noted({ judge: { name: 'exact' } })
  expect(judged.cell).toMatch(/\*$/)
  expect(judged.note).toContain('Not by the rule of MME-RealWorld: judged by exact')
})
