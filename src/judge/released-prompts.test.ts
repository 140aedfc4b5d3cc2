import { expect, it } from 'vitest'
import { sha256 } from '../shared/canonical.ts'
import { releasedJudgePrompts } from './released-prompts.ts'

const system = 'Judge "fairly".\nAlways.'
const query = 'Q {question} T {ground_truth} P {prediction}\nScore'
const source = `import os\nSYSTEM_PROMPT = "Judge \\"fairly\\".\\nAlways."\n\nQUERY_PROMPT = """${query}"""\nclient = make()\n`

it('takes the two strings of the file where their hashes are right, and puts our marks in', () => {
  expect(releasedJudgePrompts(source, { SYSTEM_PROMPT: sha256(system), QUERY_PROMPT: sha256(query) })).toEqual({
    parser: 'official',
    system,
    query: 'Q <image>\n{question} T {reference} P {answer}\nScore',
  })
})

it('refuses any other file', () => {
  const code = 'judge-prompts-differ'
  expect(() => releasedJudgePrompts(source)).toThrow(expect.objectContaining({ code, exitCode: 2 }))
  expect(() => releasedJudgePrompts(source)).toThrow('Its SYSTEM_PROMPT is not the released one')
  expect(() => releasedJudgePrompts('a = 1')).toThrow('It has no string SYSTEM_PROMPT')
  expect(() => releasedJudgePrompts('')).toThrow(expect.objectContaining({ code }))
})
