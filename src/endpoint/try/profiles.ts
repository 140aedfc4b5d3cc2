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
import { aboutUnit, markPicture, tryBoxes, unitOf } from './boxes.ts'
import type { TriedUnit } from './boxes.ts'
import { familyProfile } from './zoom-settings.ts'
import type { ZoomSettings } from './zoom-settings.ts'

const tried = ['default', 'qwen3-vl', 'qwen3.5'] as const
type Tried = (typeof tried)[number]

interface Found {
  readonly findings: readonly Finding[]
  /** Those under which its zooms are interpreted correctly. */
  readonly settings: ZoomSettings
}

const boxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()])

const asked =
  'There is one red square in the picture. Zoom in on it, with a box that holds it closely, before you answer.'

/** Starts with the format of the model's family; a model that zooms in none of the formats is only asked for a box. */
export async function tryZooming(ask: AskServer, model: string): Promise<Found> {
  const own = familyProfile(model)
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
      const { findings, settings } = aboutUnit(unit, profile.coordinates)
      const text = `zooms in the format of ${name}`
      const found: Finding = { check: 'profile', level: 'ok', text }
      return {
        findings: [found, ...findings],
        settings: { ...(name !== 'default' && { profile: name }), ...settings },
      }
    }
    written.push(`${name}: "${saidIn(reply)}"`)
  }
  const text = `unknown: asked to zoom in on a red square, the model wrote, by profile, ${written.join('; ')}`
  const fix = 'It may answer without zooming in. --profile tools and --profile direct are easier to follow.'
  const boxes = await tryBoxes(ask)
  return { findings: [{ check: 'profile', level: 'note', text, fix }, ...boxes.findings], settings: boxes.settings }
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
