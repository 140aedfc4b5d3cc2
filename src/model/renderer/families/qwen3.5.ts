/**
 * Qwen3.5, 3.6 and 3.8. The template opens a thought before each reply, cuts blanks off around messages and writes calls as XML. Its
 * history is not what was sampled: 3.5 and 3.6 drop the thoughts of turns before the last message that is no `<tool_response>`, all
 * trim thoughts, and a line break that ends the template's mark merges with one that the policy writes into a token of two. Here
 * turns stay as they were sampled. 3.8 also says in its system message how long to think.
 */
import { tokenGrids } from '../../../vision/image-tokens.ts'
import { pythonJson } from '../python-text.ts'
import type { ModelFamily } from './family.ts'
import { qwenPictureTokens } from './qwen2.5-vl.ts'

export const qwen35Family: ModelFamily = {
  name: 'qwen3.5',
  title: 'Qwen3.5, 3.6 and 3.8',
  modelTypes: ['qwen3_5', 'qwen3_5_moe'],
  grid: tokenGrids['qwen3-vl'],
  pad: '<|image_pad|>',
  pictureTokens: qwenPictureTokens,
  call: {
    shown: '<function=',
    write: (said, name, values) => {
      const parameters = Object.entries(values).map(
        ([key, value]) =>
          `<parameter=${key}>\n${typeof value === 'string' ? value : pythonJson(value)}\n</parameter>\n`,
      )
      const call = `<tool_call>\n<function=${name}>\n${parameters.join('')}</function>\n</tool_call>`
      return said === '' ? call : `${said}\n\n${call}`
    },
  },
  zoom: 'qwen3.5',
}
