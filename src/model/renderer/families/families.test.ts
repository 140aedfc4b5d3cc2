/** To which family a model's files belong. */
import { describe, expect, test } from 'vitest'
import { qwenFiles, qwenModels } from '../../../../test/qwen-files.ts'
import type { QwenModel } from '../../../../test/qwen-files.ts'
import { keysOf } from '../../../shared/fields.ts'
import { chatModel } from '../chat-model.ts'

const of = (model: QwenModel) => qwenFiles([], [], model)
const family = (model: QwenModel): string => model.replace(/^qwen3\.[568].*/, 'qwen3.5')

describe('the family of a model', () => {
  test.each(keysOf(qwenModels))('of %s is found with config.json and without', (model) => {
    const { 'config.json': _, ...others } = of(model)
    expect([chatModel(of(model)).family.name, chatModel(others).family.name]).toEqual([family(model), family(model)])
  })

  test('of experts is that of the dense models', () => {
    const files = { ...of('qwen3-vl'), 'config.json': { model_type: 'qwen3_vl_moe' } }
    expect(chatModel(files).family.name).toBe('qwen3-vl')
  })

  test.each([
    [
      'a model of another family',
      { 'config.json': { model_type: 'gemma3' } },
      /model_type gemma3.*Qwen2\.5-VL .*Qwen3-VL .*Qwen3\.5/,
    ],
    ['the files of two models', { 'config.json': { model_type: 'qwen2_5_vl' } }, /tokens of 32 x 32 pixels/],
    ['no cells', { 'preprocessor_config.json': {} }, /does not say how many pixels a token covers/],
    [
      'a template that shows no calls',
      { 'config.json': {}, 'chat_template.jinja': qwenTemplate('qwen2.5-vl') },
      /Qwen3-VL or Qwen3\.5, 3\.6 and 3\.8.*config\.json/,
    ],
  ])('%s is refused with what there is', (_, changed, message) => {
    const refused = expect.objectContaining({
      code: 'model-foreign',
      exitCode: 2,
      message: expect.stringMatching(message),
    })
    expect(() => chatModel({ ...of('qwen3-vl'), ...changed })).toThrow(refused)
  })
})

function qwenTemplate(model: QwenModel): string {
  return (of(model)['tokenizer_config.json'] as { readonly chat_template: string }).chat_template
}
