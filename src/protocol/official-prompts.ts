/** Reads the official prompts from the user's copy of `verl/trainer/constants.py` and verifies them; they are not part of this project. Pure. */
import { sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { pythonAssignments } from '../shared/python-literal.ts'
import type { Prompts } from './prompts.ts'
import { keysOf } from '../shared/fields.ts'

/** SHA-256 of the strings that the released checkpoints were trained with. */
const pinned = {
  TOOL_CROP_SYSTEM_PROMPT: '1f02ab1e7ee85e5526049e4185ed54be590a89fd0633c66cf7d2f9b053169350',
  TOOL_CALL_CROP_MULTI_TRUN_PROMPT: '458eedb7fa145920ea2e32034124dd2cadd073c26e3905ad1d99403a2a528967',
  ERROR_INFO_MULTI_TURN_PROMPT: '45cd090790afb463c38487c608fa1945ea99815480fb2bbc02c1af5cc327b290',
} as const
type Constant = keyof typeof pinned

/** The loop prepends this to its advice after an error. */
const errorPrefix = 'ERROR occurs during grounding. Error Information: {error}.\n'

/**
 * The prompts of the `official` profiles, from the text of the Python file, which is parsed and never executed. Throws `UserError`
 * `official-prompts`, which names the constants that are missing or differ.
 */
export function officialPrompts(source: string): Prompts {
  const assigned = pythonAssignments(source)
  const found = (constant: Constant): string => {
    const value = assigned.get(constant)
    return typeof value === 'string' ? value : ''
  }
  const wrong = keysOf(pinned).filter((constant) => sha256(found(constant)) !== pinned[constant])
  if (wrong.length > 0) {
    const told = wrong.map((constant) => `${constant} ${assigned.has(constant) ? 'differs' : 'is missing'}`).join(', ')
    throw new UserError(
      'official-prompts',
      `The prompt file is not the official one: ${told}. Use an unchanged copy of verl/trainer/constants.py from Mini-o3.`,
    )
  }
  return {
    system: found('TOOL_CROP_SYSTEM_PROMPT'),
    question: '<image>\n{question}',
    observation: observationTemplate(found('TOOL_CALL_CROP_MULTI_TRUN_PROMPT')),
    error: errorPrefix + found('ERROR_INFO_MULTI_TURN_PROMPT'),
  }
}

/** Converts an official template to our placeholder syntax. */
export function observationTemplate(official: string): string {
  return official
    .replace('{action_turn}', '{action}')
    .replace('{observation_turn}', '{observation}')
    .replace('<|vision_start|><|image_pad|><|vision_end|>', '<image>')
}
