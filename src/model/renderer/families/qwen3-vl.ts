/**
 * Qwen3-VL. Instruct models have no system line and leave messages as they are. Thinking ones open a thought before each reply, and
 * their template takes the thoughts out of turns before the last question. Calls are JSON.
 */
import { tokenGrids } from '../../../vision/image-tokens.ts'
import { pythonJson } from '../python-text.ts'
import type { ModelFamily } from './family.ts'
import { qwenPictureTokens } from './qwen2.5-vl.ts'

export const qwen3VlFamily: ModelFamily = {
  name: 'qwen3-vl',
  title: 'Qwen3-VL',
  modelTypes: ['qwen3_vl', 'qwen3_vl_moe'],
  grid: tokenGrids['qwen3-vl'],
  pad: '<|image_pad|>',
  pictureTokens: qwenPictureTokens,
  call: {
    shown: '"arguments": ',
    write: (said, name, values) => {
      const call = `<tool_call>\n{"name": "${name}", "arguments": ${pythonJson(values)}}\n</tool_call>`
      return said === '' ? call : `${said}\n${call}`
    },
  },
  zoom: 'qwen3-vl',
}
