/**
 * Qwen2.5-VL, and with it the released Mini-o3. Its template has a system line of its own, knows neither thoughts nor functions and
 * leaves every message as it is: what is appended here is what it renders.
 */
import { tokenGrids } from '../../../vision/image-tokens.ts'
import type { ModelFamily } from './family.ts'

export const qwenPictureTokens = [
  '<|vision_start|>',
  '<|vision_end|>',
  '<|vision_pad|>',
  '<|image_pad|>',
  '<|video_pad|>',
]

export const qwen25VlFamily: ModelFamily = {
  name: 'qwen2.5-vl',
  title: 'Qwen2.5-VL',
  modelTypes: ['qwen2_5_vl'],
  grid: tokenGrids['qwen2.5-vl'],
  pad: '<|image_pad|>',
  pictureTokens: qwenPictureTokens,
}
