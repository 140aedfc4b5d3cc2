/** ANLS as the scripts of lmms-eval and VLMEvalKit compute it, which agree on every row of this table, made with them. */
import { expect, test } from 'vitest'
import { judgeAnls } from './anls.ts'

const problem = { docId: 'p', dataSource: 'infovqa', question: 'Which?' }
const scoreOf = ([answer, ...alternatives]: readonly string[], given: string) =>
  judgeAnls({ ...problem, answer: answer!, alternatives }, given)

test.each<[string[], string, number]>([
  [['42%'], '42%', 1],
  [['42%'], '42', 0.666667],
  [['42%'], '42 %', 0.75],
  [['New York', 'NYC'], 'new york', 1],
  [['New York', 'NYC'], 'nyc.', 0.75],
  [['New York'], 'NewYork', 0.875],
  [['New  York'], 'new york', 1],
  [['abcd'], 'ab', 0.5],
  [['abcd'], 'abxy', 0.5],
  [['abc'], 'a', 0],
  [['ab'], 'a', 0.5],
  [['a'], '', 0],
  [['a'], ' ', 0],
  [[''], '', 1],
  [[''], 'a', 0],
  [['Straße'], 'STRASSE', 0.714286],
  [['İstanbul'], 'istanbul', 0.875],
  [['café'], 'cafe\u0301', 0.6],
  [['日本'], '日本語', 0.666667],
  [['👍🏽 yes'], '👍 yes', 0.833333],
  [['facebook'], 'The answer is facebook', 0],
  [['facebook, twitter'], 'twitter, facebook', 0],
  [['10 million'], '10 Million', 1],
  [['ΟΔΟΣ'], 'οδος', 1],
  [['a b'], 'a\u00A0b', 1],
  [['a b'], 'a\u200Bb', 0.666667],
  [['a b'], '\uFEFFa b', 0.75],
  [['a b'], 'a\x1Cb', 1],
  [['yes'], 'yes         ', 1],
  [['kitten'], 'sitting', 0.571429],
  [['the', 'a', 'an'], 'th', 0.666667],
])('%j and %j: %d', (references, given, score) => {
  const verdict = scoreOf(references, given)
  expect(verdict.score).toBeCloseTo(score, 5)
  expect(verdict.kind).toBe(score > 0 ? 'correct' : 'wrong')
})

test('no answer is wrong, no reference is not judged, and texts of any length end at once', () => {
  expect(judgeAnls({ ...problem, answer: 'a' }, null)).toEqual({ kind: 'wrong', reason: 'no answer' })
  expect(judgeAnls(problem, 'a').kind).toBe('unjudged')
  expect(scoreOf(['a'], 'b'.repeat(1e6))).toMatchObject({ kind: 'wrong', score: 0 })
  const long = scoreOf(['a'.repeat(1e5)], 'b'.repeat(1e5))
  expect(long).toEqual({ kind: 'unjudged', reason: 'the texts are too long to count their edits' })
})
