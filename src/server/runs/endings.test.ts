/** Searches of several runs are counted by how they ended, told as a table and drawn with their counts. */
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { storedSearch } from '../../../test/stored-searches.ts'
import { countedEndings, endingCharts, stageEndings } from './endings.ts'
import { listedSearch } from './items.ts'
import type { ListedSearch } from './items.ts'

const searches: readonly ListedSearch[] = [
  storedSearch({ seed: 1, right: true }),
  storedSearch({ seed: 2, right: true }),
  storedSearch({ seed: 3, right: false }),
  { ...storedSearch({ seed: 4, right: false }), verdict: { kind: 'unjudged' as const, reason: 'the judge was away' } },
  storedSearch({ seed: 5, right: false, end: 'over-turn' }),
  // Beyond the limit, but with an answer.
  { ...storedSearch({ seed: 6, right: false, end: 'over-turn' }), answer: '9' },
  storedSearch({ seed: 7, right: false, end: 'void' }),
  storedSearch({ seed: 8, right: false, end: 'failed' }),
].map((trajectory, index) => listedSearch({ trajectory }, index))

const training = stageEndings({
  name: 'rl',
  steps: [
    { stage: 'rl', step: 1, searches: 8, ends: { answered: 0.75, 'over-turn': 0.25, other: 1 } },
    { stage: 'rl', step: 2, searches: 8, ends: { answered: 1, 'over-turn': 'none' } },
    // Of an earlier version, without a number of searches.
    { stage: 'rl', step: 3, ends: { failed: 1 } },
  ],
})

const runs = [
  { name: 'a', endings: countedEndings(searches) },
  { name: '<b>&', endings: [...countedEndings(searches.slice(0, 1)), ...training] },
  { name: 'no searches', endings: countedEndings([]) },
]

test('a table and a sentence tell each run by verdict, and by its end where there is no answer', () => {
  const [searched, trained, ...others] = endingCharts(runs, (name) => name)
  expect(others).toEqual([])
  expect(searched!.table).toEqual([
    [
      'run',
      'searches',
      'correct',
      'wrong',
      'answered, no verdict',
      'ran out of turns',
      'stopped without an answer',
      'the policy failed',
    ],
    ['a', '8', '2 (25.0 %)', '2 (25.0 %)', '1 (12.5 %)', '1 (12.5 %)', '1 (12.5 %)', '1 (12.5 %)'],
    ['<b>&', '1', '1 (100.0 %)', '0', '0', '0', '0', '0'],
  ])
  expect(searched!.summary).toMatch(/^How searches ended\. a: of 8 2 correct, 2 wrong, .*; <b>&: of 1 1 correct\.$/)
  expect(trained!.table).toEqual([
    ['run', 'searches', 'answered', 'ran out of turns'],
    ['<b>&', '16', '14 (87.5 %)', '2 (12.5 %)'],
  ])
})

test.each(['wide', 'narrow'] as const)(
  'the %s drawing has a pattern of its own for each end, and the counts',
  async (size) => {
    const [chart] = endingCharts(runs, (name) => name)
    const svg = chart!.draw(size)
    const fills = [...svg.matchAll(/<pattern id="([^"]+)".*?<path d="([^"]*)"/g)].map(([, id, path]) => ({ id, path }))
    expect(fills).toHaveLength(6)
    expect(new Set(fills.map(({ path }) => path)).size).toBe(6)
    for (const { id } of fills) expect(svg.split(`url(#${id})`).length).toBeGreaterThan(2)
    expect([...svg.matchAll(/middle">(\d+)</g)].map(([, count]) => count)).toEqual(['2', '2', '1', '1', '1', '1', '1'])
    expect(svg).toContain('&lt;b&gt;&amp;')
    const { width } = await sharp(Buffer.from(svg)).metadata()
    expect(width).toBe(size === 'wide' ? 720 : 380)
  },
)
