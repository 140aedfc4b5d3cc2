/** What is read from the chat templates of real models. */
import { describe, expect, test } from 'vitest'
import { qwenFiles, qwenModels } from '../../../test/qwen-files.ts'
import type { QwenModel } from '../../../test/qwen-files.ts'
import { keysOf } from '../../shared/fields.ts'
import { chatModel } from './chat-model.ts'
import { chatTemplate } from './chat-template.ts'

const tools = [{ type: 'function', function: { name: 'zoom', description: 'Looks.', parameters: {} } }]
const of = (model: QwenModel) => chatModel(qwenFiles([], [], model))
const user = '<|im_start|>user\n'
const answer = '<|im_end|>\n<|im_start|>assistant\n'
const thinks = { reply: `${answer}<think>\n`, begun: '<think>\n', thought: ['', '\n</think>\n\n'], trims: true }
const plain = { reply: answer, begun: '', trims: false }
const effort = expect.stringMatching(/^<\|im_start\|>system\nReasoning effort .*\n\n$/)

describe('the layout of conversations', () => {
  test.each<[QwenModel, object]>([
    [
      'qwen2.5-vl',
      {
        ...plain,
        alone: `<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n${user}`,
        system: ['<|im_start|>system\n', `<|im_end|>\n${user}`],
      },
    ],
    ['qwen3-vl', { ...plain, alone: user, system: ['<|im_start|>system\n', `<|im_end|>\n${user}`] }],
    ['qwen3.5', { ...thinks, alone: user, system: ['<|im_start|>system\n', `<|im_end|>\n${user}`] }],
    ['qwen3.5-small', { ...thinks, alone: user }],
    ['qwen3.6', { ...thinks, alone: user }],
    ['qwen3.8', { ...thinks, system: [effort, `<|im_end|>\n${user}`] }],
  ])('of %s', (model, own) => {
    const shared = { picture: ['<|vision_start|>', '<|vision_end|>'], next: `<|im_end|>\n${user}` }
    expect(of(model).layout()).toMatchObject({ ...shared, ...own })
  })

  test.each(keysOf(qwenModels).filter((model) => model !== 'qwen2.5-vl'))('of %s with functions', (model) => {
    const { system, result, reply } = of(model).layout(tools)
    expect(system.join()).toContain(
      '{"type": "function", "function": {"name": "zoom", "description": "Looks.", "parameters": {}}}',
    )
    expect(result).toEqual({
      before: `<|im_end|>\n${user}<tool_response>\n`,
      reply: `\n</tool_response>${reply}`,
      next: `\n</tool_response><|im_end|>\n${user}`,
    })
  })

  test('a template that declares no functions has no place for their results', () => {
    expect(of('qwen2.5-vl').layout(tools).result).toBeUndefined()
  })
})

describe('a chat template', () => {
  const files = qwenFiles()
  const config = files['tokenizer_config.json']
  const { chat_template: text, ...others } = config as { readonly chat_template: string }
  const without = { ...files, 'tokenizer_config.json': others }

  test.each([
    ['a file of its own', { ...without, 'chat_template.jinja': text }],
    ['a JSON file', { ...without, 'chat_template.json': { chat_template: text } }],
    [
      'one of several',
      {
        ...without,
        'tokenizer_config.json': {
          ...others,
          chat_template: [
            { name: 'rag', template: 'x' },
            { name: 'default', template: text },
          ],
        },
      },
    ],
  ])('is read from %s', (_, stored) => {
    expect(chatModel(stored).layout()).toEqual(chatModel(files).layout())
  })

  test.each([
    ['missing', without, 'chat-template-missing'],
    ['no template', { ...without, 'chat_template.jinja': '{% for %}' }, 'chat-template-foreign'],
    ['far too long', { ...without, 'chat_template.jinja': 'x'.repeat(2 ** 20) }, 'chat-template-foreign'],
    ['deaf to what is said', { ...without, 'chat_template.jinja': 'Hello.' }, 'chat-template-foreign'],
    ['one that raises', { ...without, 'chat_template.jinja': "{{ raise_exception('no') }}" }, 'chat-template-foreign'],
    [
      'without the marks of its model',
      { ...without, 'chat_template.jinja': text.replaceAll('<|im_end|>', '<|done|>') },
      'tokenizer-foreign',
    ],
  ])('that is %s is refused', (_, stored, code) => {
    expect(() => chatModel(stored)).toThrow(expect.objectContaining({ code, exitCode: 2 }))
  })

  test('that never ends is stopped', () => {
    const endless = chatTemplate(
      {
        ...without,
        'chat_template.jinja': '{% for i in range(1000000) %}{% for j in range(1000000) %}{% endfor %}{% endfor %}',
      },
      50,
    )
    expect(() => endless([])).toThrow(/timed out/)
  })
})
