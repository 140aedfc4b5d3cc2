/**
 * Parses a turn into an action (zoom or answer) or an error. The text is never evaluated, parsing never throws, and the running time
 * is linear. Pure.
 */
import { relativeBox } from './box.ts'
import type { RelativeBox, Size } from './box.ts'
import { dialectOf } from './profile.ts'
import { plainBox, wholeOf, wrongUnit } from './box-unit.ts'
import { answerBodies, plainTags, pick } from './dialects/written-turn.ts'
import type { Profile } from './profile.ts'
import { itemsMistake } from './python-list.ts'
import { completed } from './trajectory.ts'
import type { Action, End, Turn } from './trajectory.ts'
import { resolveSource } from './resolve-box.ts'
import { saidPieces, splitAtThinking } from './thinking-marks.ts'
import { turnError } from './turn-error.ts'
import type { TurnError } from './turn-error.ts'
import { readUse } from './view-tools.ts'
import { defined } from '../shared/known.ts'

export type ParsedTurn = { readonly thought?: string } & ({ readonly action: Action } | TurnError)

type ParseRules = Pick<
  Profile,
  'dialect' | 'parse' | 'coordinates' | 'callAndAnswer' | 'answerPick' | 'errorText' | 'sources' | 'tools'
>

/** The size, in box pixels, of the picture that a source names; undefined if there is no such picture. */
export type ViewSizeOf = (source: string) => Size | undefined

/**
 * Parses one turn by the rules of a profile. The code `no-action` means that the turn neither calls nor answers. `viewSizeOf` is only
 * needed for profiles with boxes in pixels of the view.
 */
export function parseTurn(written: string, profile: ParseRules, viewSizeOf: ViewSizeOf = () => undefined): ParsedTurn {
  const text = readableText(written, profile)
  const thought = dialectOf(profile).thought(text) ?? ''
  const acted = actionOf(text, profile, viewSizeOf)
  const result = 'kind' in acted ? { action: acted } : acted
  return thought === '' ? result : { thought, ...result }
}

/** Lenient profiles read tags in any case and with blanks inside. */
function readableText(text: string, { parse }: Pick<Profile, 'parse'>): string {
  return parse === 'strict' ? text : plainTags(text)
}

function actionOf(text: string, profile: ParseRules, viewSizeOf: ViewSizeOf): Action | TurnError {
  const dialect = dialectOf(profile)
  const { call, answer } = readActs(text, profile)
  const answered: Action | undefined = answer === undefined ? undefined : { kind: 'answer', text: answer }
  if (call === undefined || (answered !== undefined && profile.callAndAnswer === 'answer')) {
    return answered ?? turnError('no-action', profile.errorText)
  }
  if (call === 'unreadable') {
    // A thought may mention the tag; the released loop treats even that as a call.
    const meant = profile.parse === 'strict' ? undefined : answered
    return meant ?? turnError('bad-call', profile.errorText, dialect.callForm)
  }
  if ('tool' in call) {
    const use = readUse(call, profile.tools ?? [], profile.errorText)
    return 'error' in use ? use : { kind: 'tool', use, source: call.source }
  }
  const { source, written } = call
  const lenient = profile.parse === 'lenient'
  const { bbox, sign } = lenient ? plainBox(call.bbox) : { bbox: call.bbox }
  if (!isBox(bbox)) {
    if (profile.errorText === 'helpful') return turnError('bad-box', profile.errorText, written)
    if (call.unread !== undefined) return turnError('bad-box', profile.errorText, call.unread)
    return officialBoxMistake(
      bbox,
      () => sourceMistake(source, profile, viewSizeOf) ?? defined(viewSizeOf(source), source),
    )
  }
  const unit = lenient ? wrongUnit(bbox, profile.coordinates, () => viewSizeOf(source), sign) : undefined
  if (unit !== undefined) return turnError('wrong-unit', profile.errorText, unit)
  const boxRel = toRelative(bbox, profile.coordinates, () => viewSizeOf(source))
  if (boxRel === undefined) return defined(sourceMistake(source, profile, viewSizeOf), 'a mistake')
  return { kind: 'grounding', boxRel, source }
}

/** Undefined if the source is a picture that was shown. */
function sourceMistake(source: string, profile: ParseRules, viewSizeOf: ViewSizeOf): TurnError | undefined {
  // Checks the syntax of the name first, then whether the picture exists.
  const named = resolveSource(source, { count: Infinity, originals: 1 }, profile)
  if ('error' in named && named.code === 'bad-source') return named
  return viewSizeOf(source) === undefined ? turnError('no-such-source', profile.errorText, source) : undefined
}

/** The released loop's error for a list that is not a box: it checks the number of items, then the source, then each item. */
function officialBoxMistake(bbox: unknown, sourceOf: () => TurnError | Size): TurnError {
  if (!Array.isArray(bbox) || bbox.length !== 4) return turnError('bad-box', 'official')
  const source = sourceOf()
  return 'code' in source ? source : turnError('bad-box', 'official', itemsMistake(bbox, source))
}

/**
 * The part of a turn that is parsed. A thought may draft calls and answers, so lenient profiles parse only the text after the thinking,
 * if that contains an action; the released loop parses everything.
 */
function readActs(text: string, profile: Pick<Profile, 'dialect' | 'parse' | 'answerPick' | 'tools'>) {
  const dialect = dialectOf(profile)
  const read = (part: string) => ({
    part,
    call: dialect.call(part, profile),
    answer: dialect.answer(part, profile),
  })
  if (profile.parse !== 'strict') {
    // Piece by piece, so that no element is put together from what stands on either side of thinking.
    for (const said of [splitAtThinking(text)?.said, ...(saidPieces(text) ?? []).toReversed()]) {
      const acts = said === undefined ? undefined : read(said)
      if (acts?.call !== undefined || acts?.answer !== undefined) return acts
    }
  }
  return read(text)
}

/**
 * The answer of a search by the rules of its profile: usually the first or last answer of all its turns, whatever else those turns did;
 * null if there is none. There is none after a failure; after a limit only if the profile's loop reads one.
 */
export function finalAnswer(
  written: readonly Turn[],
  profile: Pick<Profile, 'dialect' | 'parse' | 'answerPick' | 'answerIn' | 'tools'>,
  end: End = 'answered',
): string | null {
  if (end === 'failed') return null
  const turns = written.map((turn) => ({ ...turn, text: readableText(turn.text, profile) }))
  if (profile.answerIn === 'joined') {
    const whole = turns.map(({ text }) => text).join(' ')
    return pick(answerBodies(whole), profile.answerPick) ?? null
  }
  const dialect = dialectOf(profile)
  if (profile.answerIn === 'last') return turns.flatMap(({ text }) => dialect.answers(text)).at(-1) ?? null
  if (profile.answerIn === 'last-reply') {
    const text = turns.at(-1)?.text
    return text === undefined ? null : (dialect.answer(text, profile) ?? text)
  }
  if (!completed(end)) return null
  const action = turns.at(-1)?.action
  const closing = action?.kind === 'answer' ? action.text : undefined
  const all = turns.flatMap(({ text }) => dialect.answers(readActs(text, profile).part))
  return (profile.answerPick === 'first' ? (all[0] ?? closing) : (closing ?? all.at(-1))) ?? null
}

function isBox(bbox: unknown): bbox is [number, number, number, number] {
  return Array.isArray(bbox) && bbox.length === 4 && bbox.every(Number.isFinite)
}

function toRelative(
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  coordinates: Profile['coordinates'],
  viewSize: () => Size | undefined,
): RelativeBox | undefined {
  const fractions = coordinates === 'mixed' && Math.max(x0, y0, x1, y1) < 1
  if (coordinates === 'relative' || fractions) return relativeBox(x0, y0, x1, y1)
  if (coordinates === 'percent' || coordinates === 'thousand') {
    const whole = wholeOf[coordinates]
    return relativeBox(x0 / whole, y0 / whole, x1 / whole, y1 / whole)
  }
  const size = viewSize()
  if (size === undefined) return undefined
  return relativeBox(x0 / size.width, y0 / size.height, x1 / size.width, y1 / size.height)
}
