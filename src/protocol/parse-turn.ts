/**
 * What a turn does: a call to zoom, an answer, or a mistake. The text is data: it is never evaluated, parsing never
 * throws, and its time is linear in the length of the text. Pure.
 */
import { relativeBox } from './box.ts'
import type { RelativeBox, Size } from './box.ts'
import { readLooseValue } from './loose-value.ts'
import type { LooseValue } from './loose-value.ts'
import type { Profile } from './profile.ts'
import { readStrictCall } from './strict-call.ts'
import type { WrittenCall } from './strict-call.ts'
import type { Action, Turn } from './trajectory.ts'
import { quoted, turnError } from './turn-error.ts'
import type { TurnError } from './turn-error.ts'

export type ParsedTurn = { readonly thought?: string } & ({ readonly action: Action } | TurnError)

type ParseRules = Pick<Profile, 'parse' | 'coordinates' | 'callAndAnswer' | 'answerPick' | 'errorText'>

/** Size of the view of the picture that a source names, as the policy saw it; undefined: there is no such picture. */
export type ViewSizeOf = (source: string) => Size | undefined

/**
 * Reads one turn by the rules of a profile. The code `no-action` says that the turn neither calls nor answers.
 * `viewSizeOf` is only needed for profiles whose boxes are written in pixels of the view.
 */
export function parseTurn(text: string, profile: ParseRules, viewSizeOf: ViewSizeOf = () => undefined): ParsedTurn {
  const thought = thoughtOf(text)
  const acted = actionOf(text, profile, viewSizeOf)
  const result = 'kind' in acted ? { action: acted } : acted
  return thought === undefined ? result : { thought, ...result }
}

function actionOf(text: string, profile: ParseRules, viewSizeOf: ViewSizeOf): Action | TurnError {
  const strict = profile.parse === 'strict'
  const calls = strict ? between(text, '<grounding>', '</grounding>') !== undefined : text.includes('<grounding>')
  const answer = strict ? closingAnswer(text, profile.answerPick) : lenientAnswer(text, profile.answerPick)
  const answered: Action | undefined = answer === undefined ? undefined : { kind: 'answer', text: answer }
  if (!calls || (answered !== undefined && profile.callAndAnswer === 'answer')) {
    return answered ?? turnError('no-action', profile.errorText)
  }
  const call = strict ? readStrictCall(text) : readLenientCall(text)
  // A thought may name the tag; the released loop takes even that for a call.
  if (call === undefined) return (strict ? undefined : answered) ?? turnError('bad-call', profile.errorText)
  const { bbox, source, written } = call
  if (!isBox(bbox)) return turnError('bad-box', profile.errorText, written)
  const boxRel = toRelative(bbox, profile.coordinates, () => viewSizeOf(source))
  if (boxRel === undefined) return turnError('no-such-source', profile.errorText, quoted(source))
  return { kind: 'grounding', boxRel, source }
}

/**
 * The answer that counts for a search that ended by itself (reference 6.2): the first or the last one of all its turns,
 * whatever else those turns did; null when there is none.
 */
export function finalAnswer(turns: readonly Turn[], answerPick: Profile['answerPick']): string | null {
  const action = turns.at(-1)?.action
  const closing = action?.kind === 'answer' ? action.text : undefined
  const all = turns.flatMap(({ text }) => answersIn(text))
  return (answerPick === 'first' ? (all[0] ?? closing) : (closing ?? all.at(-1))) ?? null
}

/** Every complete `<answer>` in the order of the text, trimmed. */
function answersIn(text: string): string[] {
  const answers: string[] = []
  let at = 0
  for (;;) {
    const found = between(text, '<answer>', '</answer>', at)
    if (found === undefined) return answers
    answers.push(text.slice(found.start, found.end).trim())
    at = found.end
  }
}

/** The first think block, or else what stands before the first tag; undefined when that is blank. */
function thoughtOf(text: string): string | undefined {
  const block = between(text, '<think>', '</think>')
  const tag = /<\/?(?:think|grounding|answer)>/.exec(text)
  const thought = (block === undefined ? text.slice(0, tag?.index) : text.slice(block.start, block.end)).trim()
  return thought === '' ? undefined : thought
}

/** The answer that the text ends with: strictly, nothing may follow its closing tag (reference 5.7). */
function closingAnswer(text: string, pick: Profile['answerPick']): string | undefined {
  return text.endsWith('</answer>') ? answersIn(text).at(pick === 'first' ? 0 : -1) : undefined
}

/** Any answer; the last one need not be closed, since servers cut stop strings off. */
function lenientAnswer(text: string, pick: Profile['answerPick']): string | undefined {
  const answers = answersIn(text)
  const open = text.lastIndexOf('<answer>')
  if (open >= 0 && !text.includes('</answer>', open)) {
    const unclosed = text.slice(open + '<answer>'.length).trim()
    if (unclosed !== '') answers.push(unclosed)
  }
  return answers.at(pick === 'first' ? 0 : -1)
}

const fencePattern = /\s*(?:```[a-z0-9]*\s*)?/y

/** The last call: any order of keys, any quotes, stray blanks, a fence around it, a missing closing tag. */
function readLenientCall(text: string): WrittenCall | undefined {
  fencePattern.lastIndex = text.lastIndexOf('<grounding>') + '<grounding>'.length
  fencePattern.test(text)
  const call = readLooseValue(text, fencePattern.lastIndex)?.value
  if (call === undefined || !isRecord(call)) return undefined
  const bbox = Object.hasOwn(call, 'bbox_2d') ? call['bbox_2d'] : undefined
  const source = Object.hasOwn(call, 'source') ? call['source'] : undefined
  if (bbox === undefined || typeof source !== 'string') return undefined
  return { bbox, source, written: JSON.stringify(bbox) }
}

function isRecord(value: LooseValue): value is { readonly [key: string]: LooseValue } {
  return typeof value === 'object' && !Array.isArray(value)
}

function isBox(bbox: LooseValue | undefined): bbox is [number, number, number, number] {
  return Array.isArray(bbox) && bbox.length === 4 && bbox.every(Number.isFinite)
}

function toRelative(
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  coordinates: Profile['coordinates'],
  viewSize: () => Size | undefined,
): RelativeBox | undefined {
  if (coordinates === 'relative') return relativeBox(x0, y0, x1, y1)
  if (coordinates === 'thousand') return relativeBox(x0 / 1000, y0 / 1000, x1 / 1000, y1 / 1000)
  const size = viewSize()
  if (size === undefined) return undefined
  return relativeBox(x0 / size.width, y0 / size.height, x1 / size.width, y1 / size.height)
}

/** Where the text between the first `open` at or after `from` and the next `close` starts and ends. */
function between(text: string, open: string, close: string, from = 0): { start: number; end: number } | undefined {
  const opens = text.indexOf(open, from)
  if (opens < 0) return undefined
  const start = opens + open.length
  const end = text.indexOf(close, start)
  return end < 0 ? undefined : { start, end }
}
