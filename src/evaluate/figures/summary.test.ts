/** Figures from hand-made searches: each expected number can be counted by eye. */
import { expect, test } from 'vitest'
import { costOf } from '../../protocol/price.ts'
import { pixelBox, relativeBox } from '../../protocol/box.ts'
import type { PixelBox } from '../../protocol/box.ts'
import type { Level } from '../../protocol/problem.ts'
import type { End, Observation, Trajectory } from '../../protocol/trajectory.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { lookFigures } from './look-figures.ts'
import { countCauses, summarise as summariseProblems } from './summary.ts'
import type { SummaryOptions } from './summary.ts'
import { rulesOf } from '../document/result-tables.ts'
import { accuracyTable, causesTable, markdownTable, plainTable } from '../document/table.ts'

/** The summary of problems with a picture of their own each. */
const summarise = (rows: readonly (readonly Outcome[])[], options: SummaryOptions) =>
  summariseProblems(
    rows.map((row, index) => ({ slices: {}, outcomes: row.map((one) => ({ ...one, picture: `${index}` })) })),
    options,
  )

const whole = pixelBox(0, 0, 4000, 4000)
/** The target is 100 px wide at (1000, 1000): 20 px or more in a 64 px view of 320 px or less. */
const onTarget = pixelBox(890, 890, 1210, 1210)
const aside = pixelBox(2000, 2000, 2400, 2400)

interface Wanted {
  readonly docId?: string
  readonly level?: Level
  readonly sample?: number
  readonly end?: End
  readonly correct?: boolean
  readonly turns?: number
  readonly looks?: readonly PixelBox[]
  readonly target?: boolean
  /** Several of them, in pixels. */
  readonly targets?: readonly PixelBox[]
}

function trajectory(wanted: Wanted): Trajectory {
  const {
    docId = 'a',
    level = 'hard',
    sample = 0,
    end = 'answered',
    correct = false,
    looks = [],
    target = true,
    targets,
  } = wanted
  const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
  const turn = { text: '', finish: 'stop', usage, ms: 1 } as const
  const observation = (boxPx: PixelBox, index: number): Observation => ({
    index,
    parent: index === 0 ? null : 0,
    boxPx,
    boxInOriginalPx: boxPx,
    view: { width: 64, height: 64 },
  })
  return {
    version: 1,
    problem: {
      docId,
      dataSource: 'test',
      question: '?',
      answer: '1',
      level,
      ...(target ? { targetBoxRel: relativeBox(0.25, 0.25, 0.275, 0.275) } : {}),
      ...(targets && {
        targetBoxesRel: targets.map(([x0, y0, x1, y1]) => relativeBox(x0 / 4000, y0 / 4000, x1 / 4000, y1 / 4000)),
      }),
    },
    picture: { sha256: '0'.repeat(64), width: 4000, height: 4000 },
    policy: 'test',
    profile: { name: 'default', sha256: '0'.repeat(64) },
    maxTurns: 32,
    seed: 0,
    sampleIndex: sample,
    turns: Array.from({ length: wanted.turns ?? 1 + looks.length }, (_, index) => ({
      ...turn,
      ...(index < looks.length && { observation: index + 1 }),
    })),
    observations: [whole, ...looks].map(observation),
    end,
    answer: end === 'answered' ? '1' : null,
    usage,
    ms: 1,
    verdict: { kind: correct ? 'correct' : 'wrong', reason: '' },
  }
}

const outcome = (wanted: Wanted): Outcome => outcomeOf(trajectory(wanted))

test('Avg@K, ends, turns and accuracy at every limit', () => {
  const summary = summarise(
    [
      // Right in turn 2 and turn 7 of two searches.
      [outcome({ correct: true, turns: 2 }), outcome({ correct: true, turns: 7 })],
      // Right in turn 1, and once out of turns.
      [outcome({ level: 'easy', correct: true, turns: 1 }), outcome({ level: 'easy', end: 'over-turn', turns: 14 })],
      // Wrong in turn 3, and once failed.
      [outcome({ turns: 3 }), outcome({ end: 'failed', turns: 9 })],
    ],
    { samples: 2, maxTurns: 14, seed: 1, run: 'runs/a' },
  )
  expect(Object.keys(summary)).toEqual([
    'problems', 'samples', 'avgAtK', 'low', 'high', 'ends', 'beyondLimit', 'meanTurns', 'byLevel', 'byTurnLimit', 'everyTurnLimit', 'run',
  ]) // prettier-ignore
  expect(summary).toMatchObject({ problems: 3, samples: 2, avgAtK: 0.5, low: 0, high: 1, run: 'runs/a' })
  expect(summary.ends).toEqual({
    answered: 4 / 6,
    'over-turn': 1 / 6,
    'over-image': 0,
    'over-context': 0,
    void: 0,
    failed: 1 / 6,
  })
  expect(summary.meanTurns).toBeCloseTo((2 + 7 + 1 + 14 + 3) / 5)
  expect(summary.byTurnLimit.map(({ limit, avgAtK }) => [limit, Math.round(avgAtK * 6)])).toEqual([
    [1, 1],
    [2, 2],
    [4, 2],
    [6, 2],
    [8, 3],
    [12, 3],
    [14, 3],
  ])
  expect(summary.everyTurnLimit.map(({ limit, avgAtK }) => [limit, Math.round(avgAtK * 6)])).toEqual(
    [1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3].map((right, index) => [index + 1, right]),
  )
  // Five searches did not fail, in 2, 7, 1, 14 and 3 turns; the one of 14 ran out of them.
  expect(summary.everyTurnLimit[4]!.meanTurns).toBeCloseTo((2 + 5 + 1 + 5 + 3) / 5)
  expect(summary.everyTurnLimit.map(({ overTurn }) => Math.round(overTurn * 6))).toEqual(
    [4, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1],
  ) // prettier-ignore
  expect(summary.everyTurnLimit.at(-1)).toEqual(summary.byTurnLimit.at(-1))
  expect(summary.byLevel.easy).toMatchObject({ problems: 1, samples: 2, avgAtK: 0.5 })
  expect(summary.byLevel.hard).toMatchObject({ problems: 2, avgAtK: 0.5, low: 0, high: 1 })
  expect(summary.byLevel.medium).toBeUndefined()
})

test('an answer beyond the limit counts by its verdict, and is told', () => {
  const beyond = (correct: boolean) => outcomeOf({ ...trajectory({ end: 'over-turn', correct }), answer: '1' })
  expect(beyond(true)).toMatchObject({ correct: true, beyondLimit: true, cause: undefined, reason: undefined })
  expect(beyond(false)).toMatchObject({ correct: false, cause: 'guessed' })
  const summary = summarise([[beyond(true)], [outcome({ end: 'over-turn' })]], {
    samples: 1,
    maxTurns: 32,
    seed: 1,
    run: 'r',
  })
  expect(summary).toMatchObject({ avgAtK: 0.5, beyondLimit: 0.5, ends: { 'over-turn': 1 } })
})

test('a failed search is never right, whatever else its line says', () => {
  expect(outcome({ end: 'failed', correct: true }).correct).toBe(false)
})

test('each cause is told from the others', () => {
  const ranOut = { end: 'over-turn', turns: 6 } as const
  expect(outcome({ correct: true, looks: [onTarget] })).toMatchObject({ seen: true, cause: undefined })
  expect(outcome({ looks: [onTarget] })).toMatchObject({ seen: true, cause: 'misread' })
  expect(outcome({ looks: [aside] })).toMatchObject({ seen: false, cause: 'guessed' })
  expect(outcome({ ...ranOut, looks: [aside, onTarget] })).toMatchObject({ cause: 'passed-over' })
  expect(outcome({ ...ranOut, looks: [aside] })).toMatchObject({ cause: 'never-found' })
  expect(outcome({ ...ranOut, looks: [aside, aside] })).toMatchObject({ cause: 'looped' })
  expect(outcome({ ...ranOut, looks: [aside, onTarget, aside] })).toMatchObject({ cause: 'passed-over' })
  expect(outcome({ end: 'void' })).toMatchObject({ cause: 'void' })
  expect(outcome({ end: 'failed' })).toMatchObject({ cause: 'failed' })
  expect(outcome({ target: false })).toMatchObject({ seen: undefined, cause: undefined })
})

test('what is legible to the embedded policy is not to a model behind a server', () => {
  const seenBy = (policy: string, side: number): boolean | undefined =>
    outcomeOf({ ...trajectory({ looks: [pixelBox(900, 900, 900 + side, 900 + side)] }), policy }).seen
  expect(['embedded', 'overview of embedded', 'chat:qwen', 'tinker:qwen'].map((policy) => seenBy(policy, 300))).toEqual(
    [true, true, false, false],
  )
  expect(seenBy('chat:qwen', 228)).toBe(true)
})

test('seen means: the core inside, and 20 px or more', () => {
  const seen = (x0: number, y0: number, side: number): boolean | undefined =>
    outcome({ looks: [pixelBox(x0, y0, x0 + side, y0 + side)] }).seen
  expect(seen(900, 900, 320)).toBe(true)
  expect(seen(900, 900, 321)).toBe(false)
  expect(seen(1025, 1000, 300)).toBe(true)
  expect(seen(1026, 1000, 300)).toBe(false)
})

test('what was looked at: the first crop with the target, its turn and zoom, and looks at the same region again', () => {
  // The overview shows 4,000 px in 64, the crop 320: 12.5 times as large.
  const { looks, wasted, found } = outcome({ looks: [aside, onTarget, aside, pixelBox(2040, 2000, 2400, 2400)] })
  expect({ looks, wasted, found }).toEqual({ looks: 4, wasted: 2, found: { turn: 2, zoom: 12.5 } })
  expect(outcome({ looks: [whole] })).toMatchObject({ looks: 1, wasted: 1, found: { turn: 1, zoom: 1 }, seen: false })
  // Four fifths of both together: 360 of 400 px, and just under it.
  expect(outcome({ looks: [aside, pixelBox(2080, 2000, 2400, 2400)] }).wasted).toBe(1)
  expect(outcome({ looks: [aside, pixelBox(2081, 2000, 2400, 2400)] }).wasted).toBe(0)
  expect(outcome({ looks: [onTarget], target: false }).found).toBeUndefined()

  const figures = lookFigures([
    outcome({ looks: [aside, onTarget] }),
    outcome({ level: 'easy', correct: true, looks: [pixelBox(0, 0, 2000, 2000)] }),
    outcome({ looks: [aside, aside, aside] }),
    outcome({ end: 'failed', looks: [onTarget] }),
    outcome({ target: false, looks: [onTarget] }),
  ])
  expect(figures.map(({ slice, searches }) => [slice, searches])).toEqual([
    ['all', 3],
    ['easy', 1],
    ['hard', 2],
  ])
  expect(figures[0]).toMatchObject({ turn: 1.5, looks: 2, wasted: 2 / 6, foundButMisread: 1 / 3, neverFound: 1 / 3 })
  expect(figures[0]!.found).toBeCloseTo(2 / 3)
  expect(figures[0]!.zoom).toBeCloseTo(Math.sqrt(12.5 * 2))
  expect(lookFigures([outcome({ target: false })])).toEqual([])
})

test('what the figures mean is said where they are: the rule for votes, and for targets that are known', () => {
  const summary = (samples: number) => summarise([[outcome({})]], { samples, maxTurns: 2, seed: 1, run: 'r' })
  const looks = lookFigures([outcome({ looks: [onTarget] })])
  const failures = { counted: 'wrong', searches: 0, of: 1, problems: 0 } as const
  expect(rulesOf({ summary: summary(1), looks: [], skipped: [], failures }, {})).toEqual([])
  const [votes, targets] = rulesOf({ summary: summary(2), looks, skipped: [], failures }, { policy: 'embedded' })
  expect(votes).toMatch(/^Majority: /)
  expect(targets).toContain('20 pixels in the view')
  expect(rulesOf({ summary: summary(1), looks, skipped: [], failures }, { policy: 'chat:qwen' })[0]).toContain(
    '28 pixels in the view',
  )
})

test('several targets: all have to be found, the last one tells the turn, and each counts for the share', () => {
  const targets = [pixelBox(1000, 1000, 1100, 1100), pixelBox(2100, 2100, 2200, 2200)]
  const own = (looks: readonly PixelBox[]) => outcome({ targets, looks })
  // 320 px and 400 px of 4,000: 12.5 and 10 times as large; the target of 100 px has 20 px in the first, and 16 in the second.
  expect(own([onTarget, aside])).toMatchObject({ seen: false, foundShare: 1, found: { turn: 2 }, cause: 'guessed' })
  expect(own([onTarget, aside]).found!.zoom).toBeCloseTo(Math.sqrt(12.5 * 10))
  const close = pixelBox(2000, 2000, 2320, 2320)
  expect(own([close, aside, onTarget])).toMatchObject({ seen: true, foundShare: 1, found: { turn: 3, zoom: 12.5 } })
  expect(own([aside, aside])).toMatchObject({ seen: false, foundShare: 0.5, found: undefined })
  // One crop may hold both.
  expect(own([whole])).toMatchObject({ seen: false, foundShare: 1, found: { turn: 1, zoom: 1 } })
  const [all] = lookFigures([own([onTarget, close]), own([aside]), own([])])
  expect(all).toMatchObject({ searches: 3, targetsFound: 0.5, turn: 2 })
  expect(all!.found).toBeCloseTo(1 / 3)
})

test('tokens as they are billed: every turn sends the conversation before it again', () => {
  const turn = (promptTokens: number, replyTokens: number, cachedTokens?: number) => ({
    text: '',
    finish: 'stop' as const,
    ms: 1,
    usage: { promptTokens, imageTokens: 0, replyTokens, ...(cachedTokens !== undefined && { cachedTokens }) },
  })
  const turns = [turn(1000, 50), turn(300, 20, 1040), turn(300, 10, 9999)]
  // Sent: 1000, 1000 + 50 + 300, and that + 20 + 300; a server cannot have kept more than it was sent.
  const { spent } = outcomeOf({ ...trajectory({}), turns })
  expect(spent).toEqual({ sent: 1000 + 1350 + 1670, cached: 1040 + 1670, written: 80 })
  expect(costOf(spent, { sent: 2, cached: 0.5, written: 10 })).toBeCloseTo((1310 * 2 + 2710 * 0.5 + 80 * 10) / 1e6, 12)
})

test('causes are counted for all and for each level, and tables show them', () => {
  const counts = countCauses([
    outcome({ level: 'easy', correct: true, looks: [onTarget] }),
    outcome({ level: 'hard', looks: [onTarget] }),
    outcome({ level: 'hard', end: 'over-turn', looks: [aside] }),
    outcome({ target: false }),
  ])
  expect(counts.map(({ slice, searches, seen, correct }) => [slice, searches, seen, correct])).toEqual([
    ['all', 3, 2, 1],
    ['easy', 1, 1, 1],
    ['hard', 2, 1, 0],
  ])
  const table = causesTable(counts)
  expect(table.head).toEqual(['% of searches', 'all', 'easy', 'hard'])
  expect(table.rows).toContainEqual(['answered wrongly, target had been shown', '33.3', '0.0', '50.0'])
})

test('the accuracy table has a row for each level, in Markdown and in plain text', () => {
  const options = { samples: 1, maxTurns: 2, seed: 1, run: 'r' }
  const table = accuracyTable([
    { name: 'a|b', summary: summarise([[outcome({ correct: true, turns: 2 })]], options) },
    { name: 'blind', summary: summarise([[outcome({})]], { ...options, maxTurns: 1 }) },
  ])
  expect(markdownTable(table).split('\n')).toEqual([
    '| accuracy in %, at turn limit | 1 | 2 | mean turns |',
    '| --- | ---: | ---: | ---: |',
    '| a\\|b, hard | 0.0 (0.0-0.0) | 100.0 (100.0-100.0) | 2.0 |',
    '| blind, hard | 0.0 (0.0-0.0) |  | 1.0 |',
    '| a\\|b, all | 0.0 (0.0-0.0) | 100.0 (100.0-100.0) | 2.0 |',
    '| blind, all | 0.0 (0.0-0.0) |  | 1.0 |',
  ])
  const lines = plainTable(table, 80).split('\n')
  expect(lines[2]).toBe('a|b, hard                     0.0 (0.0-0.0)  100.0 (100.0-100.0)         2.0')
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
})
