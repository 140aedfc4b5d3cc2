import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { UserError } from '../shared/errors.ts'
import { observationTemplate, officialPrompts } from './official-prompts.ts'
import { errorText, observationText, questionText } from './prompts.ts'

/** Shaped like the official file, with other words. */
const other = `TOOL_CROP_SYSTEM_PROMPT="""Look \\"closely\\"
at it."""

SYSTEM_PROMPT_MAP={
    "tool_crop": TOOL_CROP_SYSTEM_PROMPT,
}

TOOL_CALL_CROP_MULTI_TRUN_PROMPT="After {action_turn} comes {observation_turn}."
`

describe('officialPrompts', () => {
  it('refuses other words, and says which constants differ and which are missing', () => {
    const told = /TOOL_CROP_SYSTEM_PROMPT differs, TOOL_CALL_CROP_MULTI_TRUN_PROMPT differs, ERROR_INFO\w+ is missing/
    expect(() => officialPrompts(other)).toThrow(UserError)
    expect(() => officialPrompts(other)).toThrow(told)
    expect(() => officialPrompts('')).toThrow(/TOOL_CROP_SYSTEM_PROMPT is missing/)
    expect(() => officialPrompts('TOOL_CROP_SYSTEM_PROMPT = ["a"]\n"""')).toThrow(/TOOL_CROP_SYSTEM_PROMPT differs/)
  })

  it('keeps the text to the byte but for the places of its numbers and its picture', () => {
    const template = observationTemplate(
      '{action_turn} ({observation_turn}):\n<|vision_start|><|image_pad|><|vision_end|>.\n',
    )
    expect(template).toBe('{action} ({observation}):\n<image>.\n')
  })

  const path = process.env['MINI_O3_OFFICIAL_PROMPTS']
  it.skipIf(path === undefined)('reads the official file (its path in MINI_O3_OFFICIAL_PROMPTS)', async () => {
    const source = await readFile(path!, 'utf8')
    const prompts = officialPrompts(source)
    expect(prompts.system).toHaveLength(716)
    expect(questionText(prompts, 'Which?')).toBe('<image>\nWhich?')
    const observation = observationText(prompts, 0, 1)
    expect(observation).toMatch(/Action 0\b[^]*\(Observation 1\):\n<image>\.\n/)
    expect(observation).not.toMatch(/[{}]|vision_/)
    const error = errorText(prompts, { error: 'x', code: 'bad-box' })
    expect(error).toMatch(/^ERROR occurs during grounding\. Error Information: x\.\n./)
    expect(() => officialPrompts(source.replace('Countinue', 'Continue'))).toThrow(
      /: ERROR_INFO_MULTI_TURN_PROMPT differs\./,
    )
  })
})
