/** Which profiles fit which family. */
import { expect, test } from 'vitest'
import { qwenFiles } from '../../../test/qwen-files.ts'
import type { QwenModel } from '../../../test/qwen-files.ts'
import { chatModel } from '../../model/renderer/chat-model.ts'
import { profiles } from '../../protocol/profile.ts'
import { checkFits, fittingProfiles } from './fitting-profiles.ts'

const ours = ['default', 'official', 'official-train', 'official-32', 'direct']
const of28 = ['deepeyes', 'deepeyes-lenient', 'pixel-reasoner', 'pixel-reasoner-lenient']

test.each<[QwenModel, readonly string[]]>([
  ['qwen2.5-vl', [...ours, ...of28, 'embedded']],
  ['qwen3-vl', [...ours, 'tools', 'qwen3-vl', 'embedded']],
  ['qwen3.5', [...ours, 'tools', 'qwen3.5', 'embedded']],
  ['qwen3.8', [...ours, 'tools', 'qwen3.5', 'embedded']],
])('%s', (model, fitting) => {
  const opened = chatModel(qwenFiles([], [], model))
  expect(fittingProfiles(opened)).toEqual(fitting)
  for (const profile of Object.values(profiles)) {
    const check = (): void => checkFits(profile, opened)
    if (fitting.includes(profile.name)) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code: 'profile-misfit', exitCode: 2 }))
  }
})

test.each<[QwenModel, keyof typeof profiles, RegExp]>([
  ['qwen2.5-vl', 'tools', /do not call functions/],
  ['qwen2.5-vl', 'qwen3-vl', /zoom is that of Qwen3-VL\. These do: default, official/],
  ['qwen3.5', 'qwen3-vl', /zoom is that of Qwen3-VL/],
  ['qwen3-vl', 'deepeyes', /multiples of 28 pixels.*32/],
])('%s says why not %s', (model, profile, why) => {
  expect(() => checkFits(profiles[profile], chatModel(qwenFiles([], [], model)))).toThrow(why)
})

test('a template without functions leaves none to call', () => {
  const files = qwenFiles([], [], 'qwen3-vl')
  const plain = chatModel({ ...files, 'tokenizer_config.json': qwenFiles()['tokenizer_config.json'] })
  expect(() => checkFits(profiles.tools, plain)).toThrow(/template does not declare functions/)
})
