import { describe, expect, test } from 'vitest'
import { chooseGguf, modelsIn, quantOf } from './gguf-files.ts'

const qwen = [
  'README.md',
  'Qwen3VL-4B-Instruct-F16.gguf',
  'Qwen3VL-4B-Instruct-Q4_K_M.gguf',
  'Qwen3VL-4B-Instruct-Q8_0.gguf',
  'mmproj-Qwen3VL-4B-Instruct-F16.gguf',
  'mmproj-Qwen3VL-4B-Instruct-Q8_0.gguf',
]
const unsloth = [
  'Qwen3.5-4B-Q4_K_M.gguf',
  'Qwen3.5-4B-UD-Q4_K_XL.gguf',
  'Qwen3.5-4B-IQ4_XS.gguf',
  'BF16/Qwen3.5-4B-BF16-00001-of-00002.gguf',
  'BF16/Qwen3.5-4B-BF16-00002-of-00002.gguf',
  'imatrix_unsloth.gguf',
  'mmproj-BF16.gguf',
  'mmproj-F16.gguf',
  'mmproj-F32.gguf',
]

test.each([
  ['the usual precision', qwen, undefined, 'Qwen3VL-4B-Instruct-Q4_K_M.gguf', 'mmproj-Qwen3VL-4B-Instruct-Q8_0.gguf'],
  ['a named precision', qwen, 'Q8_0', 'Qwen3VL-4B-Instruct-Q8_0.gguf', 'mmproj-Qwen3VL-4B-Instruct-Q8_0.gguf'],
  ['in small letters', qwen, 'q8_0', 'Qwen3VL-4B-Instruct-Q8_0.gguf', 'mmproj-Qwen3VL-4B-Instruct-Q8_0.gguf'],
  ['a precision inside of another name', unsloth, 'Q4_K_XL', 'Qwen3.5-4B-UD-Q4_K_XL.gguf', 'mmproj-F16.gguf'],
  ['with its mark', unsloth, 'UD-Q4_K_XL', 'Qwen3.5-4B-UD-Q4_K_XL.gguf', 'mmproj-F16.gguf'],
  ['a file', unsloth, 'Qwen3.5-4B-IQ4_XS.gguf', 'Qwen3.5-4B-IQ4_XS.gguf', 'mmproj-F16.gguf'],
  ['the only one', ['a.gguf', 'a-mmproj.gguf'], undefined, 'a.gguf', 'a-mmproj.gguf'],
  ['dots before the precision', ['m.Q4_K_M.gguf', 'm.mmproj-f16.gguf'], 'Q4_K_M', 'm.Q4_K_M.gguf', 'm.mmproj-f16.gguf'],
  [
    'the projector of eight bits before those of 16',
    ['m-Q4_0.gguf', 'mmproj-F16.gguf', 'mmproj-Q8_0.gguf', 'mmproj-BF16.gguf'],
    undefined,
    'm-Q4_0.gguf',
    'mmproj-Q8_0.gguf',
  ],
  [
    'the projector of its folder',
    ['a/m-Q4_0.gguf', 'mmproj-Q8_0.gguf', 'a/mmproj-F16.gguf'],
    undefined,
    'a/m-Q4_0.gguf',
    'a/mmproj-F16.gguf',
  ],
])('%s', (_, paths, quant, model, mmproj) => {
  expect(chooseGguf(paths, 'it', quant)).toEqual({ model: [model], mmproj })
})

describe('a split model', () => {
  test('is all its pieces in order', () => {
    expect(chooseGguf(unsloth, 'it', 'BF16').model).toEqual(
      [1, 2].map((n) => `BF16/Qwen3.5-4B-BF16-0000${n}-of-00002.gguf`),
    )
  })

  test('without one of them is none', () => {
    expect(modelsIn(['m-Q8_0-00001-of-00003.gguf', 'm-Q8_0-00003-of-00003.gguf'])).toEqual([])
  })
})

test.each([
  [['README.md'], undefined, 'gguf-none'],
  [qwen, 'Q2_K', 'gguf-quant'],
  [qwen, 'Q4', 'gguf-quant'],
  [['a-Q9_X.gguf', 'b-Q9_Y.gguf', 'mmproj-F16.gguf'], undefined, 'gguf-quant'],
  [['a-Q4_K_M.gguf'], undefined, 'gguf-no-mmproj'],
  [['a/m-Q4_K_M.gguf', 'b/mmproj-F16.gguf'], undefined, 'gguf-no-mmproj'],
  [qwen, '.*', 'gguf-quant'],
])('%j with %s: %s', (paths, quant, code) => {
  expect(() => chooseGguf(paths, 'it', quant)).toThrow(expect.objectContaining({ code, exitCode: 2 }))
})

test.each([
  ['Qwen3VL-4B-Instruct-Q4_K_M.gguf', 'Q4_K_M'],
  ['Qwen3.5-4B-UD-Q4_K_XL.gguf', 'UD-Q4_K_XL'],
  ['m.iq4_xs.gguf', 'IQ4_XS'],
  ['BF16/m-BF16-00001-of-00002.gguf', 'BF16'],
  ['model.gguf', undefined],
])('%s states %s', (path, quant) => {
  expect(quantOf([path])).toBe(quant)
})
