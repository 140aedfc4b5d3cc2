/** Mistakes that a policy makes in a turn: they are observations for it, told in words, and never exceptions. Pure. */

/** Every mistake has a short code. `no-action` ends a search; the others are fed back. */
export const turnErrorCodes = [
  'no-action',
  'bad-call',
  'bad-box',
  'bad-source',
  'no-such-source',
  'empty-width',
  'empty-height',
  'too-thin',
] as const
export type TurnErrorCode = (typeof turnErrorCodes)[number]

/** `error` may be empty: the released loop says nothing after some mistakes (reference 5.6). */
export interface TurnError {
  readonly error: string
  readonly code: TurnErrorCode
}

const official: Readonly<Record<TurnErrorCode, (quoted: string) => string>> = {
  'no-action': () => '',
  'bad-call': () => "'NoneType' object has no attribute 'group'",
  'bad-box': () => '',
  'bad-source': (quoted) => `The source ${quoted} does not match the pattern observation_([0-9]*)`,
  'no-such-source': (quoted) => `Error in predicting the source observation ${quoted}`,
  'empty-width': (quoted) => `The bounding box ${quoted} is not valid in width`,
  'empty-height': (quoted) => `The bounding box ${quoted} is not valid in height`,
  'too-thin': (quoted) => `The absolute aspect ratio of ${quoted} exceeds 200`,
}

const helpful: Readonly<Record<TurnErrorCode, (quoted: string) => string>> = {
  'no-action': () => 'The turn holds neither a zoom nor an answer.',
  'bad-call': () =>
    'The zoom could not be read. Write it exactly so: ' +
    '<grounding>{"bbox_2d": [x0, y0, x1, y1], "source": "original_image"}</grounding>.',
  'bad-box': (quoted) => `"bbox_2d" has to be a list of four plain numbers [x0, y0, x1, y1], not ${quoted}.`,
  'bad-source': (quoted) =>
    `"source" has to be "original_image" or "observation_" and the number of an observation, not ${quoted}.`,
  'no-such-source': (quoted) => `There is no ${quoted} yet: name a picture that you have been shown.`,
  'empty-width': (quoted) =>
    `The box covers no width inside its source (in pixels: ${quoted}): x0 has to be less than x1, within the picture.`,
  'empty-height': (quoted) =>
    `The box covers no height inside its source (in pixels: ${quoted}): y0 has to be less than y1, within the picture.`,
  'too-thin': (quoted) => `The box is too thin (in pixels: ${quoted}): one side is 200 times the other or more.`,
}

const maxQuoted = 120

/** The mistake in the words of the profile; `quoted` is cut short, since it may come from a reply of any length. */
export function turnError(code: TurnErrorCode, style: 'official' | 'helpful', quoted = ''): TurnError {
  const short = quoted.length > maxQuoted ? `${quoted.slice(0, maxQuoted)}...` : quoted
  return { code, error: (style === 'official' ? official : helpful)[code](short) }
}
