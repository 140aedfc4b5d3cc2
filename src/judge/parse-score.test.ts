import { describe, expect, it } from 'vitest'
import { parseScore, scoreOf, scoreParser } from './parse-score.ts'

const lenient = scoreParser('lenient')

describe('parseScore', () => {
  it.each([
    ['Score: 1', 'correct', 'correct', 'correct'],
    ['Score: 0', 'wrong', 'wrong', 'wrong'],
    ['SCORE:1', 'correct', 'correct', 'correct'],
    ['The two agree.\nScore: 1.', 'correct', 'correct', 'correct'],
    ['Score: 1\nBecause white is white.', 'correct', 'correct', 'correct'],
    ['<think>Score: 0? No.</think>Score: 1', 'correct', 'correct', 'correct'],
    ['Score: 1 would be right if... </think>Score: 0', 'wrong', 'wrong', 'wrong'],
    ['[THINK]Score: 0[/THINK]Score: 1', 'correct', 'correct', 'correct'],
    // Letters whose lower case is longer once moved the place where the score is read.
    ['İİİİİİİİ Score: 0 1', 'wrong', undefined, undefined],
    ['İİİİİİİİ\nScore: 1', 'correct', 'correct', 'correct'],
    // What the released scorer takes for right, and a person would not, or only a person.
    ['Score: 10', 'correct', undefined, undefined],
    ['Score: 0.1', 'correct', undefined, undefined],
    ['Score: 1/2', 'correct', undefined, undefined],
    ['Score: 0/1', 'correct', undefined, 'wrong'],
    ['Score: 0 or 1', 'wrong', undefined, undefined],
    ['Score: **1**', 'correct', undefined, 'correct'],
    ['Score: 0 (other words)', 'wrong', undefined, 'wrong'],
    ['Score: 0. A score: 1 would need red.', 'correct', undefined, 'wrong'],
    ['Score: 0 at first sight. On reflection, score:\n1', 'correct', 'correct', 'correct'],
    ['**Score:** 1', undefined, undefined, 'correct'],
    ['Score: one', undefined, undefined, 'correct'],
    ['Score:', undefined, undefined, undefined],
    ['1', undefined, undefined, 'correct'],
    ['', undefined, undefined, undefined],
    ['<think>I lean to Score: 1, but', undefined, undefined, undefined],
    ['<think>Both say white.\nScore: 1</think>', 'correct', 'correct', 'correct'],
    ['<think>Would Score: 1 do?</think>', undefined, undefined, undefined],
  ])('reads %j officially as %s, strictly as %s, leniently as %s', (reply, ...expected) => {
    const read = ['official', 'strict', 'lenient'].map((parser) => parseScore(reply, parser))
    expect(read).toEqual(expected)
  })

  it('of a reply that was cut off, reads a first line that is whole', () => {
    const cut = (text: string) => scoreOf({ text, finish: 'length' }, lenient)
    expect(cut('Let me think: Score: 1 if both agree. They')).toBeUndefined()
    expect(cut('The two agree.\nScore: 1')).toBeUndefined()
    expect(cut('Score: 1')).toBeUndefined()
    expect(cut('<think>Score: 1\n so')).toBeUndefined()
    expect(cut('Score: 0\nThe reference names')).toBe('wrong')
    expect(cut('<think>Hm.</think>\n\n**Score: 1**\nThe reference names')).toBe('correct')
  })
})

describe('the lenient parser', () => {
  it.each([
    '**Score: 1**',
    '__Score__: 1',
    '### Score\n1',
    '> Score: 1',
    '- Score: 1',
    '`Score: 1`',
    'Score：１',
    'Ｓｃｏｒｅ： 1',
    '"Score": "1"',
    '{"score": 1}',
    '{"score": "1", "reason": "Score: 0. was my first idea"}',
    '{"reason": "A score: 0 would be too hard.", "score": 1.0}',
    'Here it is:\n```json\n{\n  "judgement": "correct"\n}\n```',
    "{'score': 1}",
    '{"is_correct": true}',
    '{"result": {"score": true}}',
    '\\boxed{1}',
    '$\\boxed{\\text{Score: 1}}$',
    'Score: $\\mathbf{1}$',
    '<score>1</score>',
    '<answer>\nScore: 1\n</answer>',
    '<|begin_of_box|>1<|end_of_box|>',
    'Score: [1]',
    'Score: [[1]]',
    'Score (0 or 1): 1',
    'Score: 1/1',
    'Score: 1 / 1',
    'Score: 1 out of 1.',
    'Score: 1.0',
    'Score: 1 point',
    'score=1',
    'Score - 1',
    'Score -> 1',
    'The score is 1.',
    'So my final score would be: 1\nScore: 1',
    'Final Score: 1',
    'Judgement: 1',
    'Verdict: Correct',
    'Score: 1 because both say white.',
    'Score: 1 The two agree.',
    'Score: 1 - they agree',
    'I give it a score of 1.',
    'The words differ, the meaning does not, which makes a score of 1.',
    'Answer: Yes',
    '| Score | 1 |',
    'Score: 1\uFE0F\u20E3',
    'They agree, so the score should be 1.',
    '1 - correct',
    '1 (correct)',
    '<answer>1</answer>',
    '[RESULT] 1',
    'Score: <1>',
    'Score: 1 ✅',
    '{"Final Score": 1, "note": "a"}',
    '评分结果：【１】',
    'Puntuación: 1',
    'Оценка: 1',
    'Correct',
    'Yes.',
    'Correct. Both name the same colour.',
    'Both are white.\n\n1',
    '评分：1',
    '得分: 1分',
    '判断：正确',
    '最终得分：１。',
  ])('reads %j as right, and its opposite as wrong', (reply) => {
    expect(parseScore(reply, 'lenient')).toBe('correct')
    const opposite = reply
      .replaceAll(/Score: 0\.|score: 0 /g, 'Score: X ')
      .replaceAll(/(?<!out of |\/ ?|or )[1１](?!\))/g, '0')
      .replaceAll(/true/g, 'false')
      .replaceAll(/correct/gi, 'incorrect')
      .replaceAll('is_incorrect', 'is_correct')
      .replaceAll('Yes', 'No')
      .replaceAll('正确', '错误')
    expect(parseScore(opposite, 'lenient'), opposite).toBe('wrong')
  })

  it.each([
    'Score: 2',
    'Score: -1',
    'Score: 0.5',
    'Score: 1,5',
    'Score: 100',
    'Score: 1?',
    'Score: 1 or 0',
    'Score: 1 if they agree',
    'Score: 1 for right and 0 for wrong',
    'Score: 1 = right, 0 = wrong',
    'One may give a score of 1. One may give a score of 0.',
    'The reference answer is 1, the given answer is 1.',
    'Given answer: 1',
    '1 - incorrect',
    'Score: 0-1',
    'Reference answer: 1\nGiven answer: 1',
    '1. The reference says white.',
    '{"score": 0.5}',
    '{"score": null}',
    'I cannot decide.',
    'Yes, they are both colours.',
  ])('reads nothing in %j', (reply) => {
    expect(parseScore(reply, 'lenient')).toBeUndefined()
  })
})

describe('a parser of the user', () => {
  it('takes a field of the JSON in a reply', () => {
    const read = (name: string, text: string) => parseScore(text, name)
    expect(read('json:score', '```json\n{"score": 1}\n```')).toBe('correct')
    expect(read('json:result.1.ok', 'I say {"result": [{}, {"ok": false}]}.')).toBe('wrong')
    for (const text of ['{"score": 7}', '{"scores": 1}', '{"score": 1', '1', '[1]', '{"a":'.repeat(9000)]) {
      expect(read('json:score', text)).toBeUndefined()
    }
    expect(read('json:constructor', '{"a": 1}')).toBeUndefined()
    expect(read('json:__proto__.score', '{"a": 1}')).toBeUndefined()
  })

  it('takes the first group of the last match of a regular expression, or all of it', () => {
    const read = (name: string, text: string) => parseScore(text, name)
    expect(read('/grade=(\\w+)/i', 'GRADE=wrong, no: grade=right')).toBe('correct')
    expect(read('/PASS|FAIL/', 'It is a FAIL')).toBe('wrong')
    expect(read('/grade=(\\w+)/', 'grade=B')).toBeUndefined()
    expect(read('/grade=(\\w+)/', 'none')).toBeUndefined()
  })

  it('stops an expression that would take for ever', () => {
    const parser = scoreParser('/^(a+)+$/')
    expect(() => parser.read(`${'a'.repeat(50)}b`)).toThrow(expect.objectContaining({ code: 'judge-parser-slow' }))
  })

  it.each([
    ['x', 'judge-parser-unknown'],
    ['json:', 'judge-parser-unknown'],
    ['//', 'judge-parser-unknown'],
    ['/(/', 'judge-parser-invalid'],
    ['/a/ii', 'judge-parser-invalid'],
  ])('refuses %j', (name, code) => {
    expect(() => scoreParser(name)).toThrow(expect.objectContaining({ code, exitCode: 2 }))
  })
})
