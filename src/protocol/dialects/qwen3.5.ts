/** The zoom tool of Qwen3.5 and later: calls as XML, after a thought that the chat template opens. Pure. */
import type { Profile } from '../base-profile.ts'
import type { Dialect } from './dialect.ts'
import { zoomDialect, zoomName, zoomProfile } from './qwen-zoom.ts'

/** Without the line breaks that the models write, which the parser does not need. */
const callForm = `<tool_call><function=${zoomName}><parameter=bbox_2d>[x1, y1, x2, y2]</parameter></function></tool_call>`

const parameters = { bbox_2d: '[400, 250, 600, 420]', label: 'the sign', img_idx: '0' }
const written = Object.entries(parameters).map(([key, value]) => `<parameter=${key}>\n${value}\n</parameter>\n`)
const example = `<tool_call>\n<function=${zoomName}>\n${written.join('')}</function>\n</tool_call>`

const howToCall = `Write a call in this form, with nothing behind it:\n${example}`

export const qwen35: Dialect = zoomDialect({ callForm, prefilled: true }, howToCall)

export const qwen35Profile: Profile = zoomProfile({ name: 'qwen3.5', dialect: 'qwen3.5' }, howToCall)
