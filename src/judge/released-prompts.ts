/** Reads the released judge prompts from the user's copy of the file; verified by hash and not part of this project. */
import { pythonAssignments } from '../shared/python-literal.ts'
import { sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { charXivPrompts, isCharXivConstants } from './charxiv-prompts.ts'
import type { JudgePrompts } from './judge-prompts.ts'

/** SHA-256 of the two strings as evaluated by Python. */
export const releasedHashes = {
  SYSTEM_PROMPT: '35e135a53f6a53477dbf9bfa62839e147fd3d38921aa4cf2a0aa4928be5dc12e',
  QUERY_PROMPT: 'da9816361208f6beb937089cb9f67da44b739a8652cf3b60052fbecb029e31a9',
} as const

/**
 * `source`: the text of Mini-o3's `verl/utils/reward_score/general_qa_tool.py` or of CharXiv's `src/constants.py`, which is parsed and never
 * executed. Throws `UserError`.
 */
export function releasedJudgePrompts(
  source: string,
  hashes: Readonly<Record<keyof typeof releasedHashes, string>> = releasedHashes,
): JudgePrompts {
  const assigned = pythonAssignments(source)
  if (isCharXivConstants(assigned)) return charXivPrompts(assigned)
  const checked = (name: keyof typeof releasedHashes): string => {
    const text = assigned.get(name)
    if (typeof text === 'string' && sha256(text) === hashes[name]) return text
    throw new UserError(
      'judge-prompts-differ',
      `${typeof text === 'string' ? `Its ${name} is not the released one` : `It has no string ${name}`}. Use an unchanged ` +
        'verl/utils/reward_score/general_qa_tool.py from the official repository, or leave out --judge-prompts.',
    )
  }
  return {
    parser: 'official',
    system: checked('SYSTEM_PROMPT'),
    query: checked('QUERY_PROMPT')
      // The released scorer passes the question with its picture mark.
      .replace('{question}', '<image>\n{question}')
      .replace('{ground_truth}', '{reference}')
      .replace('{prediction}', '{answer}'),
  }
}
