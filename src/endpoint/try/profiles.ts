/** Determines the profile whose call format a model follows, and the unit of its boxes, by letting it zoom in on a mark. */
import { z } from 'zod'
import { plainBox } from '../../protocol/box-unit.ts'
import { splitAtThinking } from '../../protocol/thinking-marks.ts'
import { dialectOf, profiles } from '../../protocol/profile.ts'
import { questionText } from '../../protocol/prompts.ts'
import type { Completion } from '../endpoint.ts'
import { encodeMessage } from '../exchange/encode-message.ts'
import { room, saidIn, user } from './asking.ts'
import type { AskServer, Finding } from './asking.ts'
import { aboutUnit, markPicture, unitOf } from './boxes.ts'
import type { TriedUnit } from './boxes.ts'

const tried = ['default', 'qwen3-vl', 'qwen3.5'] as const
type Tried = (typeof tried)[number]

/** Models that were trained on a specific format are tested with that first. */
const ownForms: readonly (readonly [RegExp, Tried])[] = [
  [/qwen-?3[._-]?vl/i, 'qwen3-vl'],
  [/qwen-?3[._][5-9]/i, 'qwen3.5'],
]

interface Found {
  readonly findings: readonly Finding[]
  /** The options for which its zooms are interpreted correctly. */
  readonly words: readonly string[]
  readonly zooms: boolean
}

const boxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()])

const asked =
  'There is one red square in the picture. Zoom in on it, with a box that holds it closely, before you answer.'

/** `zooms`: whether it zoomed in on the mark in the format of one of the profiles. */
export async function tryProfiles(ask: AskServer, model: string): Promise<Found> {
  const own = ownForms.find(([name]) => name.test(model))?.[1]
  const picture = await markPicture()
  const written: string[] = []
  for (const name of [...(own === undefined ? [] : [own]), ...tried.filter((one) => one !== own)]) {
    const profile = profiles[name]
    const { stop } = dialectOf(profile)
    const opening = encodeMessage({ role: 'system', content: profile.prompts.system })
    const question = questionText(profile.prompts, asked).replace('<image>', '').trim()
    const reply = await ask(`whether it zooms as ${name}`, [opening, user(picture, question)], { ...room, stop })
    const unit = unitIn(reply, name)
    if (unit !== undefined) {
      const { findings, words } = aboutUnit(unit, profile.coordinates)
      const text = `zooms in the format of ${name}`
      const found: Finding = { check: 'profile', level: 'ok', text }
      return {
        findings: [found, ...findings],
        words: [...(name === 'default' ? [] : [`--profile ${name}`]), ...words],
        zooms: true,
      }
    }
    written.push(`${name}: "${saidIn(reply)}"`)
  }
  const text = `unknown: asked to zoom in on a red square, the model wrote, by profile, ${written.join('; ')}`
  const fix = 'It may answer without zooming in. --profile tools and --profile direct are easier to follow.'
  return { findings: [{ check: 'profile', level: 'note', text, fix }], words: [], zooms: false }
}

/** The unit of the box, if the reply zooms in on the mark in the format of the profile. */
function unitIn({ text }: Completion, name: Tried): TriedUnit | undefined {
  const profile = profiles[name]
  const call = dialectOf(profile).call(splitAtThinking(text)?.said ?? text, profile)
  if (call === undefined || call === 'unreadable' || 'tool' in call) return undefined
  const { bbox } = plainBox(call.bbox)
  const box = boxSchema.safeParse(bbox)
  return box.success ? unitOf(box.data) : undefined
}
