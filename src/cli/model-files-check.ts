/** What `doctor --model-files` says: the family of a model, what fits it, and whether it is written to as its own chat template writes. */
import type { Finding } from '../endpoint/try/try-server.ts'
import { openChatModel } from '../model/renderer/chat-model.ts'
import type { ChatModel } from '../model/renderer/chat-model.ts'
import type { View } from '../policy/policy.ts'
import { fittingProfiles } from '../policy/sampler/fitting-profiles.ts'
import { shownPictures } from '../policy/sampler/conversation.ts'
import { checkTemplate } from '../policy/sampler/template-check.ts'
import type { CheckedTurn } from '../policy/sampler/template-check.ts'
import { departures } from '../policy/sampler/token-differences.ts'
import type { Departure, Difference } from '../policy/sampler/token-differences.ts'
import { pixelBox } from '../protocol/box.ts'
import { dialectOf, functionsOf, profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { errorText, observationText, questionText } from '../protocol/prompts.ts'
import { entriesOf } from '../shared/fields.ts'
import { messageOf } from '../shared/errors.ts'
import { itemAt } from '../shared/known.ts'

/** Throws `UserError` for files that do not belong to a supported model. */
export async function examineModelFiles(place: string): Promise<Finding[]> {
  const model = await openChatModel(place)
  const mark = model.tokenizer.spell([model.end])
  const names = fittingProfiles(model)
  const fitting = Object.values(profiles).filter(({ name }) => names.includes(name))
  return [
    ...about(model),
    { check: 'profiles', level: 'ok', text: names.join(', ') },
    ...(await compared(model, fitting, 'first prompts', (profile) => [{ message: asked(profile) }])),
    ...(await compared(model, fitting, 'searches', searchOf)),
    ...(await compared(model, fitting, 'marks', (profile) => [{ message: asked(profile, `What does ${mark} say?`) }])),
  ]
}

function about({ family, grid, tokenizer, end, layout }: ChatModel): Finding[] {
  const { alone, begun } = layout()
  const opened = begun === '' ? '' : `; a reply begins with ${JSON.stringify(begun)}`
  const system = `without a system message, a question follows ${JSON.stringify(alone)}`
  const pictures = `a token for ${grid.cell} x ${grid.cell} pixels, from ${grid.minPixels} to ${grid.maxPixels} pixels`
  return [
    { check: 'family', level: 'ok', text: family.title },
    { check: 'pictures', level: 'ok', text: pictures },
    { check: 'chat template', level: 'ok', text: `${system}; a turn ends with ${tokenizer.spell([end])}${opened}` },
  ]
}

interface Found extends Difference {
  readonly profile: string
}

async function compared(
  model: ChatModel,
  fitting: readonly Profile[],
  check: string,
  exchangesOf: (profile: Profile) => readonly CheckedTurn[],
): Promise<Finding[]> {
  const found: Found[] = []
  const shown = shownPictures()
  const same: string[] = []
  for (const profile of fitting) {
    const { name } = profile
    try {
      const { differences } = await checkTemplate(model, profile, exchangesOf(profile), shown)
      if (differences.length === 0) same.push(name)
      found.push(...differences.map((difference) => ({ ...difference, profile: name })))
    } catch (error) {
      const fix = 'Use another profile, or the model’s own chat template.'
      return [{ check, level: 'problem', text: `under ${name} the template says: ${messageOf(error)}`, fix }]
    }
  }
  const agreed: Finding = {
    check,
    level: 'ok',
    text: `equal to those of the template, token by token, under ${same.join(', ')}`,
  }
  return [
    ...(same.length > 0 ? [agreed] : []),
    ...entriesOf(departures).flatMap(([cause, why]) => explained(check, model, found, cause, why)),
    ...explained(check, model, found, undefined, 'different from the template, for an unknown reason'),
  ]
}

function explained(
  check: string,
  model: ChatModel,
  all: readonly Found[],
  cause: Departure | undefined,
  why: string,
): Finding[] {
  const found = all.filter((one) => one.cause === cause)
  if (found.length === 0) return []
  const { at, ours, theirs, profile } = itemAt(found, 0)
  const where = [...new Set(found.map((one) => one.profile))].join(', ')
  const text =
    `${why}: ${found.length} times, under ${where}. The first, at token ${at} under ${profile}: sent ${spelt(ours, model)}, ` +
    `the template has ${spelt(theirs, model)}`
  if (cause !== undefined) return [{ check, level: 'note', text }]
  const fix = 'Do not train with these files: look at the tokens, and report the model.'
  return [{ check, level: 'problem', text, fix }]
}

const mostShown = 16

function spelt(tokens: readonly number[], { tokenizer }: ChatModel): string {
  if (tokens.length === 0) return 'nothing'
  const shown = tokens.slice(0, mostShown).map((token) => JSON.stringify(tokenizer.spell([token])))
  return `${shown.join(' ')}${tokens.length > mostShown ? ` and ${tokens.length - mostShown} more` : ''}`
}

const view: View = {
  pixels: async () => ({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) }),
  key: 'what doctor shows',
  boxPx: pixelBox(0, 0, 64, 64),
}

function asked({ prompts, onePicture }: Profile, question = 'What does the sign say?'): CheckedTurn['message'] {
  const furtherViews = onePicture ? [] : [view]
  const text = questionText(prompts, question, 1 + furtherViews.length)
  return { kind: 'question', system: prompts.system, text, view, furtherViews }
}

/** With a thought, none, a mistake, and another thought behind it. */
function searchOf(profile: Profile): CheckedTurn[] {
  const { prompts } = profile
  const calls = functionsOf(profile) !== undefined
  const values = '{"name": "zoom", "arguments": {"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "original_image"}}'
  const call = calls ? `<tool_call>${values}</tool_call>` : dialectOf(profile).callForm
  const error = errorText(prompts, { code: 'bad-box', error: 'The box is empty.' })
  const seen = { kind: 'observation', index: 1, text: observationText(prompts, 0, 1), view } as const
  return [
    { message: asked(profile), text: `<think>It is small.</think>${call}` },
    { message: seen, text: call },
    { message: { kind: 'error', text: error }, text: `<think>\nOnce more.\n\n</think>\n\n${call}` },
    { message: seen },
  ]
}
