/** A judge is known by its name, and by nothing that only looks like one. */
import { expect, test } from 'vitest'
import { isRuleOf, judgeForms, judgeNamed } from './registry.ts'

test.each([
  ['exact', 'exact', undefined],
  ['can-infer', 'can-infer', undefined],
  ['llm:qwen', 'llm', 'qwen'],
  ['llm:org/model:tag', 'llm', 'org/model:tag'],
  ['llm:a\nb', 'llm', 'a\nb'],
  ['llm:', 'llm', ''],
  ['local:qwen3-vl-2b', 'local', 'qwen3-vl-2b'],
])('%j is a judge of kind %s', (name, kindName, model) => {
  expect(judgeNamed(name)).toMatchObject({ kindName, ...(model !== undefined && { model }) })
})

test.each(['llm', 'exact:', 'Exact', '', 'constructor', 'other'])('%j is no judge', (name) => {
  expect(judgeNamed(name)).toBeUndefined()
})

test('scores go by the rule of their benchmark where the judge is of its kind', () => {
  expect(isRuleOf({ judge: 'llm' }, 'llm:any')).toBe(true)
  expect(isRuleOf({ judge: 'llm' }, 'choice')).toBe(false)
  expect(isRuleOf({ judge: 'mme-letter' }, 'mme-letter')).toBe(true)
  expect(judgeForms).toBe('exact, choice, can-infer, mme-letter, treebench-letter, anls, llm:<model>, local:<model>')
})
