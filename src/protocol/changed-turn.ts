/**
 * Rewrites a turn as if the policy had thought or looked elsewhere: in the dialect of its profile, changing only what was asked for. The
 * result is parsed again, so that what is stored is what the loop reads. Pure.
 */
import type { RelativeBox, Size } from './box.ts'
import { wholeOf } from './box-unit.ts'
import { dialectOf, functionsOf } from './profile.ts'
import type { Profile } from './profile.ts'
import { parseTurn } from './parse-turn.ts'
import type { ViewSizeOf } from './parse-turn.ts'
import { resolveSource } from './resolve-box.ts'
import type { Shown } from './resolve-box.ts'
import { sourceAt } from './source.ts'
import type { Turn } from './trajectory.ts'
import { UserError } from '../shared/errors.ts'
import { fieldsOf } from '../shared/fields.ts'
import { itemAt } from '../shared/known.ts'

export interface TurnChange {
  /** Where to look instead: a region, as fractions of the source, whose index is that of an observation. */
  readonly look?: { readonly boxRel: RelativeBox; readonly source: number } | undefined
  readonly thought?: string | undefined
}

export interface TurnPlace extends Shown {
  /** The size in box units of a picture that was shown. */
  readonly unitSizeOf: ViewSizeOf
}

/** The turn with its changes, marked `byHand`. Throws `UserError` if the profile has no way to write them. */
export function changedTurn(turn: Turn, change: TurnChange, profile: Profile, place: TurnPlace): Turn {
  const thought = change.thought?.trim()
  const rethought = thought === undefined ? turn : withThought(turn, thought, profile)
  const changed = change.look === undefined ? rethought : withLook(rethought, change.look, profile, place)
  const { text, thinking } = changed
  if (thought !== undefined && thoughtOf(changed, profile) !== thought) {
    throw new UserError(
      'thought-not-writable',
      `The thought cannot be written as it is: the profile "${profile.name}" would read it as something else. ` +
        'Leave out tags such as <think>, <answer> and <tool_call>.',
    )
  }
  const byHand = [
    ...new Set([
      ...(turn.byHand ?? []),
      ...(change.look ? (['box'] as const) : []),
      ...(thought === undefined ? [] : (['thought'] as const)),
    ]),
  ]
  // What the text leads to is found out when it is carried out.
  const { finish: _finish, thinking: _thinking, ...recorded } = turn
  return { ...recorded, text, finish: 'stop', ...(thinking !== undefined && { thinking }), byHand }
}

/** A turn of another profile as it is written in this one. Throws `UserError` if it has no such form. */
export function translatedTurn(turn: Turn, profile: Profile, place: TurnPlace): Turn {
  const { action, error, thought = '' } = turn
  const same = parseTurn(turn.text, profile, place.unitSizeOf)
  if (action?.kind !== 'grounding' || error !== undefined) {
    const kept = 'action' in same ? same.action.kind === action?.kind : error?.code === same.code
    if (kept) return turn
  } else {
    const source = sourceIndex(action.source, place)
    const look = { boxRel: action.boxRel, source }
    if (looksAt(turn.text, look, profile, place)) return turn
    const { thinking: _thinking, ...recorded } = turn
    const written = writtenLook({ text: thinkingBefore(thought, profile) }, look, profile, place)
    if (written) return { ...recorded, ...written }
  }
  throw new UserError(
    'turn-not-translatable',
    `The profile "${profile.name}" would read an earlier turn as something else. Choose a policy with the profile of that search, or fork at an earlier turn.`,
  )
}

/** The index of the picture that a stored call names in any dialect. */
function sourceIndex(source: string, place: TurnPlace): number {
  const named = resolveSource(source, place, { errorText: 'helpful', parse: 'lenient' })
  return 'index' in named ? named.index : 0
}

type Written = Pick<Turn, 'text' | 'thinking'>

function thoughtOf({ text, thinking }: Written, profile: Profile): string {
  const said = parseTurn(text, profile).thought
  return [thinking?.trim(), said].filter(Boolean).join('\n\n')
}

function withThought({ text, thinking }: Written, thought: string, profile: Profile): Written {
  const span = dialectOf(profile).parts(text, profile).thought
  const replaced = (by: string): string => (span ? text.slice(0, span.start) + by + text.slice(span.end) : text)
  if (thinking !== undefined) return { text: replaced(''), thinking: thought }
  return { text: span ? replaced(thought) : thinkingBefore(thought, profile) + text }
}

function thinkingBefore(thought: string, profile: Profile): string {
  if (thought === '') return ''
  return `${dialectOf(profile).prefilled ? '' : '<think>'}${thought}</think>`
}

type Look = NonNullable<TurnChange['look']>

/** The names by which calls of any dialect know the picture. */
function spellings({ source }: Look, { originals }: TurnPlace): string[] {
  return [JSON.stringify(sourceAt(source, originals)), String(source), String(source + 1)]
}

function withLook(turn: Written, look: Look, profile: Profile, place: TurnPlace): Written {
  const written = writtenLook(turn, look, profile, place)
  if (written) return written
  throw new UserError(
    'look-not-writable',
    `The profile "${profile.name}" cannot zoom into ${sourceAt(look.source, place.originals)}: ` +
      `${dialectOf(profile).callForm === '' ? 'it has no zoom' : 'choose another source'}.`,
  )
}

/** Undefined if the profile has no call that looks there. */
function writtenLook(turn: Written, look: Look, profile: Profile, place: TurnPlace): Written | undefined {
  const box = `[${unitsOf(look, profile, place).join(', ')}]`
  const sources = spellings(look, place)
  const texts = [
    ...[undefined, ...sources].map((source) => replacedCall(turn.text, box, source, profile)),
    ...sources.map((source) => newCall(turn, box, source, profile)),
  ]
  const text = texts.find((one) => one !== undefined && looksAt(one, look, profile, place))
  return text === undefined ? undefined : { ...turn, text }
}

/** The text with another box in the call that it has. `source` undefined: the one that is there. */
function replacedCall(text: string, box: string, source: string | undefined, profile: Profile): string | undefined {
  const found = dialectOf(profile).parts(text, profile)
  if (found.box === undefined) return undefined
  const changes = [
    { span: found.box, by: box },
    ...(found.source && source !== undefined ? [{ span: found.source, by: source }] : []),
  ]
  return changes
    .toSorted((a, b) => b.span.start - a.span.start)
    .reduce((before, { span, by }) => before.slice(0, span.start) + by + before.slice(span.end), text)
}

/** The thought of the text, then a call in place of whatever the turn did. */
function newCall({ text, thinking }: Written, box: string, source: string, profile: Profile): string | undefined {
  const { callForm } = dialectOf(profile)
  const [, shape] = /^[^{]*(\{.*\})/s.exec(callForm) ?? []
  if (callForm === '') return undefined
  const name = fieldsOf(fieldsOf(functionsOf(profile)?.[0])?.['function'])?.['name']
  const form =
    shape !== undefined && typeof name === 'string'
      ? `<tool_call>{"name": ${JSON.stringify(name)}, "arguments": ${shape}}</tool_call>`
      : callForm
  const call = form
    .replace(/\[[xy0-9, ]+\]/, () => box)
    .replace(/("(?:source|target_image|img_idx)": )(?:"[^"]*"|\d+)/, (_, field: string) => field + source)
  const thought = thinking === undefined ? (parseTurn(text, profile).thought ?? '') : ''
  return thinkingBefore(thought, profile) + call
}

/** A box in the unit of the profile, as exactly as models write it. */
function unitsOf({ boxRel, source }: Look, { coordinates }: Profile, place: TurnPlace): number[] {
  const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
  if (coordinates === 'percent') return boxRel.map((edge) => rounded(edge * wholeOf.percent, 2))
  if (coordinates === 'thousand') return boxRel.map((edge) => Math.round(edge * wholeOf.thousand))
  if (coordinates === 'relative') return boxRel.map((edge) => rounded(edge, 4))
  const size = sizeOf(place, source)
  return boxRel.map((edge, at) => Math.round(edge * (at % 2 === 0 ? size.width : size.height)))
}

function sizeOf({ unitSizeOf, originals }: TurnPlace, source: number): Size {
  const size = unitSizeOf(sourceAt(source, originals))
  if (size !== undefined) return size
  throw new UserError('no-such-source', `There is no ${sourceAt(source, originals)} before that turn.`)
}

/** Whether the loop would read a zoom into this box, up to the rounding of its unit. */
function looksAt(text: string, { boxRel, source }: Look, profile: Profile, place: TurnPlace): boolean {
  const parsed = parseTurn(text, profile, place.unitSizeOf)
  if (!('action' in parsed) || parsed.action.kind !== 'grounding') return false
  const { action } = parsed
  const named = resolveSource(action.source, place, profile)
  const near = action.boxRel.every((edge, at) => Math.abs(edge - itemAt(boxRel, at)) < 0.02)
  return near && 'index' in named && named.index === source
}
