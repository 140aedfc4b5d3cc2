/** The zoom tool of Qwen3-VL: calls as JSON between `<tool_call>` tags. Pure. */
import type { Profile } from '../base-profile.ts'
import type { Dialect } from './dialect.ts'
import { zoomDialect, zoomName, zoomProfile } from './qwen-zoom.ts'

const call = (values: string): string =>
  `<tool_call>{"name": "${zoomName}", "arguments": {"bbox_2d": ${values}, "img_idx": 0}}</tool_call>`
const example = call('[400, 250, 600, 420], "label": "the sign"')

const howToCall = `Write a call as a JSON object between <tool_call> and </tool_call>, such as:\n${example.replaceAll(/(?<=call>)|(?=<\/)/g, '\n')}`

export const qwen3Vl: Dialect = zoomDialect({ callForm: call('[x1, y1, x2, y2]') }, howToCall)

export const qwen3VlProfile: Profile = zoomProfile({ name: 'qwen3-vl', dialect: 'qwen3-vl' }, howToCall)
