/** CharXiv's prompts from a file with the same constants in other words, and how its judge is asked and read. */
import { expect, it, test } from 'vitest'
import type { EncodedMessage } from '../endpoint/exchange/encode-message.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { pythonAssignments } from '../shared/python-literal.ts'
import { charXivPrompts } from './charxiv-prompts.ts'
import { defaultJudgePrompts, judgeMessages, judgePromptsHash } from './judge-prompts.ts'
import { toCompare } from './judge.ts'
import { parseScore } from './parse-score.ts'
import { releasedJudgePrompts } from './released-prompts.ts'

const kinds = ['title', 'ocr', 'quant', 'bool', 'enum', 'trend', 'layout']
const source = `
DESCRIPTIVE_RESP_INST = {1: "not used"}
REASONING_GRADING_PREFIX = "Grade.\\n"
REASONING_GRADING_INST = {
    1: \\
    """Q <|question|> G <|ground_truth|> R <|response|> {"score": 0}""",
    2: "two", 3: "three", 4: "four <|response|>",
}
DESCRIPTIVE_GRADING_PREFIX = "<|NUM_TRIPLETS|> of <|OVERARCHING_QUESTION|> as [<|JSON_KEYS|>]\\n"
DESCRIPTIVE_GRADING_QMAP = {${Array.from({ length: 19 }, (_, at) => `${at + 1}: "template ${at + 1}?"`).join(', ')}}
DESCRIPTIVE_GRADING_ICL = {${kinds.map((kind) => `"${kind}": "rubric of ${kind}\\n"`).join(', ')}}
`
const names = [
  'REASONING_GRADING_PREFIX',
  'REASONING_GRADING_INST',
  'DESCRIPTIVE_GRADING_PREFIX',
  'DESCRIPTIVE_GRADING_QMAP',
  'DESCRIPTIVE_GRADING_ICL',
]
const assigned = pythonAssignments(source)
const prompts = charXivPrompts(
  assigned,
  sha256(canonicalJson(Object.fromEntries(names.map((name) => [name, assigned.get(name)])))),
)
const said = ({ pieces }: EncodedMessage): string => {
  const bytes = pieces.map((piece) => Buffer.from(piece as Uint8Array))
  return (JSON.parse(Buffer.concat(bytes).toString('utf8')) as { content: string }).content
}
const asked = (name: string) =>
  judgeMessages(prompts, {
    question: 'Which?',
    reference: '{answer} $&',
    answer: 'b',
    grading: { name, rule: 'Strictly.' },
  })

it('asks in the words of the file, without a system prompt', () => {
  expect(asked('charxiv-reasoning-1').map(said)).toEqual(['Grade.\nQ Which? G {answer} $& R b {"score": 0}'])
  expect(asked('charxiv-reasoning-4').map(said)).toEqual(['Grade.\nfour b'])
})

it.each([
  [1, 'title'],
  [7, 'ocr'],
  [8, 'quant'],
  [11, 'bool'],
  [13, 'enum'],
  [16, 'trend'],
  [17, 'quant'],
  [18, 'layout'],
  [19, 'quant'],
])('grades template %i by the rubric of %s, one answer in a request', (template, kind) => {
  const text =
    `1 of template ${template}? as [['extract_answer_T1', 'score_T1']]\nrubric of ${kind}\n` +
    'T1:\nResponse 1: b\nGround Truth 1: {answer} $&\n\n'
  expect(asked(`charxiv-descriptive-${template}`).map(said)).toEqual([text])
})

it('refuses a file that is not the released one', () => {
  expect(() => releasedJudgePrompts(source)).toThrow(
    expect.objectContaining({ code: 'judge-prompts-differ', exitCode: 2 }),
  )
  expect(() => releasedJudgePrompts(source)).toThrow('Use an unchanged src/constants.py')
})

test('without the file, the rule goes to the judge in our words, and the question without its request for a form', () => {
  const grading = { name: 'charxiv-reasoning-3', rule: 'Both have to be numbers.', question: 'How many?' }
  const problem = {
    docId: '1',
    dataSource: 'charxiv',
    question: 'How many?\nAnswer with a number.',
    answer: '1500',
    grading,
  }
  const compared = toCompare(problem, '1.5e3')
  if ('kind' in compared) throw new Error('nothing to compare')
  const [system, query] = judgeMessages(defaultJudgePrompts, compared).map(said)
  expect(system).toContain('The rule for this question: Both have to be numbers.')
  expect(query).toContain('Question: How many?\nReference answer: 1500')
  // Prompts without such rules keep the hash that they have always had.
  expect(judgePromptsHash(prompts)).not.toBe(judgePromptsHash(defaultJudgePrompts))
  const { system: text, query: template } = defaultJudgePrompts
  expect(judgePromptsHash(defaultJudgePrompts)).toBe(sha256(canonicalJson({ system: text, query: template })))
})

test.each([
  ['{"extracted_answer": "b", "score": 1}', 'correct'],
  ['```json\n{"extracted_answer": "", "score": 0}\n```', 'wrong'],
  ['{"extract_answer_T1": "b", "score_T1": 1}', 'correct'],
  ['{"extract_answer_T1": "b", "score_T1": 0}', 'wrong'],
  ['{"extracted_answer": "b", "score": 2}', undefined],
  ['{"extracted_answer": "b", "score": -1}', undefined],
  ['{"extracted_answer": "b"}', undefined],
  ['score: 1', undefined],
  ['', undefined],
])('reads %j as %s', (reply, score) => {
  expect(parseScore(reply, 'charxiv')).toBe(score)
})
