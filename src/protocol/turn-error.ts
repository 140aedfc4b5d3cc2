/** Errors of a policy in a turn: fed back as text, never thrown. Pure. */

/** Error codes. `no-action` ends a search; the others are fed back. */
export const turnErrorCodes = [
  'no-action',
  'bad-call',
  'bad-box',
  'wrong-unit',
  'bad-source',
  'no-such-source',
  'which-original',
  'empty-width',
  'empty-height',
  'too-thin',
  'too-small',
  'unknown-tool',
  'bad-argument',
  'no-effect',
] as const
export type TurnErrorCode = (typeof turnErrorCodes)[number]

/** `error` may be empty: the released loop sends no text after some errors. */
export interface TurnError {
  readonly error: string
  readonly code: TurnErrorCode
}

const official: Readonly<Record<TurnErrorCode, (detail: string) => string>> = {
  'no-action': () => '',
  'bad-call': () => "'NoneType' object has no attribute 'group'",
  'bad-box': (detail) => detail,
  'wrong-unit': () => '',
  'bad-source': (detail) => `The 'source' argument "${detail}" does not match the pattern 'observation_([0-9]*)'.`,
  'no-such-source': (detail) => `Error in predicting the source observation: "${detail}".`,
  'which-original': () => '',
  'empty-width': (detail) => `The bounding box is not valid in width: ${detail}`,
  'empty-height': (detail) => `The bounding box is not valid in height: ${detail}`,
  'too-thin': () => 'The absolute aspect ratio of the bounding box exceeds 200, which is too large.',
  'too-small': (detail) => `The bounding box is too small: ${detail}`,
  'unknown-tool': () => '',
  'bad-argument': () => '',
  'no-effect': () => '',
}

const helpful: Readonly<Record<TurnErrorCode, (detail: string) => string>> = {
  'no-action': () => 'The turn holds neither a zoom nor an answer.',
  'bad-call': (form) => `The zoom could not be read. Write it exactly so: ${form}.`,
  'bad-box': (detail) => `"bbox_2d" has to be a list of four plain numbers [x0, y0, x1, y1], not ${detail}.`,
  'wrong-unit': (detail) => `"bbox_2d" has to be given ${detail}.`,
  'bad-source': (detail) =>
    `"source" has to be "original_image" or "observation_" and the number of an observation, not ${JSON.stringify(detail)}.`,
  'no-such-source': (detail) => `There is no ${JSON.stringify(detail)} yet: name a picture that you have been shown.`,
  'which-original': (originals) =>
    `There are ${originals} original pictures: name the one that you mean, "original_image_1" to "original_image_${originals}".`,
  'empty-width': (detail) =>
    `The box covers no width inside its source (in pixels: ${detail}): x0 has to be less than x1, within the picture.`,
  'empty-height': (detail) =>
    `The box covers no height inside its source (in pixels: ${detail}): y0 has to be less than y1, within the picture.`,
  'too-thin': (detail) => `The box is too thin (in pixels: ${detail}): one side is 200 times the other or more.`,
  'too-small': (detail) => `The box is too small (in pixels: ${detail}): take in more of what is around it.`,
  'unknown-tool': (detail) => `There is no tool ${detail}.`,
  'bad-argument': (detail) => `${detail}.`,
  'no-effect': () => 'That picture is already shown as large as it can be: zoom in on a part of it.',
}

const maxQuoted = 120
/** The released loop quotes the full text; beyond this length, exact agreement does not matter. */
const maxQuotedOfficial = 4_000

/** The error text of the profile; `detail`: the offending text, quoted in full by the released loop and shortened otherwise. */
export function turnError(code: TurnErrorCode, style: 'official' | 'helpful', detail = ''): TurnError {
  const error =
    style === 'official' ? official[code](cut(detail, maxQuotedOfficial)) : helpful[code](cut(detail, maxQuoted))
  return { code, error }
}

function cut(text: string, most: number): string {
  return (text.length > most ? `${text.slice(0, most)}...` : text).toWellFormed()
}
