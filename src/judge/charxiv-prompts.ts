/**
 * Reads CharXiv's grading prompts from the user's copy of its `src/constants.py`; verified by hash and not part of this project. Its script
 * grades up to five descriptive answers in one request; here each has a request of its own, in the words for one.
 */
import { descriptiveKind } from '../benchmark/readers/charxiv-questions.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { fieldsOf } from '../shared/fields.ts'
import { defaultJudgePrompts } from './judge-prompts.ts'
import type { JudgePrompts } from './judge-prompts.ts'

const names = [
  'REASONING_GRADING_PREFIX',
  'REASONING_GRADING_INST',
  'DESCRIPTIVE_GRADING_PREFIX',
  'DESCRIPTIVE_GRADING_QMAP',
  'DESCRIPTIVE_GRADING_ICL',
] as const

/** SHA-256 of the five constants as canonical JSON. */
const charXivHash = '04679c436b35848fd49419772c233c7429d7a2c00d35b6c382dd20e0c3bd5357'

export function isCharXivConstants(assigned: ReadonlyMap<string, unknown>): boolean {
  return assigned.has(names[0])
}

/** `assigned`: what the file assigns. Throws `UserError`. */
export function charXivPrompts(assigned: ReadonlyMap<string, unknown>, hash = charXivHash): JudgePrompts {
  const used = Object.fromEntries(names.map((name) => [name, assigned.get(name)]))
  if (sha256(canonicalJson(used)) !== hash) {
    throw new UserError(
      'judge-prompts-differ',
      'Its grading prompts are not the released ones. Use an unchanged src/constants.py from the official CharXiv repository, or leave ' +
        'out --judge-prompts.',
    )
  }
  const text = (name: (typeof names)[number], key?: string): string =>
    String(key === undefined ? used[name] : fieldsOf(used[name])?.[key])
  const reasoning = [1, 2, 3, 4].map((type): [string, string] => [
    `charxiv-reasoning-${type}`,
    (text('REASONING_GRADING_PREFIX') + text('REASONING_GRADING_INST', String(type)))
      .replace('<|question|>', '{question}')
      .replace('<|ground_truth|>', '{reference}')
      .replace('<|response|>', '{answer}'),
  ])
  const descriptive = Array.from({ length: 19 }, (_, index): [string, string] => [
    `charxiv-descriptive-${index + 1}`,
    text('DESCRIPTIVE_GRADING_PREFIX')
      .replace('<|NUM_TRIPLETS|>', '1')
      .replace('<|OVERARCHING_QUESTION|>', text('DESCRIPTIVE_GRADING_QMAP', String(index + 1)))
      .replace('<|JSON_KEYS|>', "['extract_answer_T1', 'score_T1']") +
      text('DESCRIPTIVE_GRADING_ICL', descriptiveKind(index + 1).name) +
      'T1:\nResponse 1: {answer}\nGround Truth 1: {reference}\n\n',
  ])
  return { ...defaultJudgePrompts, graded: Object.fromEntries([...reasoning, ...descriptive]), parser: 'charxiv' }
}
