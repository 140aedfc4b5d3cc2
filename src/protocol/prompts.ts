/**
 * Message templates: system prompt, question, observation and error, with named placeholders in braces. The wording is this
 * project's own. Pure.
 */
import { sourceAt } from './source.ts'
import type { TurnError } from './turn-error.ts'

export interface Prompts {
  readonly system: string
  /** First user message. Placeholder: `{question}`. `<image>` marks the first view. */
  readonly question: string
  /** User message after a crop. Placeholders: `{action}`, `{observation}`. `<image>` marks the view. */
  readonly observation: string
  /** User message after an invalid action. Placeholders: `{error}`, `{code}`. */
  readonly error: string
  /** User message after a reply without action, for profiles that remind. Placeholder: `{error}`. */
  readonly reminder?: string
}

const fractions = 'as fractions between 0 and 1 of the width and the height of its source'

/** The phrase for each unit of boxes; a prompt contains exactly one of them. */
export const coordinateWords = {
  relative: fractions,
  percent: 'in percent of the width and the height of its source, from 0 to 100',
  thousand: 'in thousandths of the width and the height of its source, from 0 to 1000',
  pixel: 'in pixels of its source, as large as it was shown to you',
  file: 'in pixels of the picture',
  mixed: fractions,
} as const

export const defaultPrompts: Prompts = {
  system: [
    'You answer a question about a picture. What decides the answer may be very small, so look closely before you answer.',
    'In every turn, first think inside <think> and </think>. Then do one of two things.',
    'To zoom in: <grounding>{"bbox_2d": [x0, y0, x1, y1], "source": "original_image"}</grounding>. ' +
      `The box is given by its top-left and bottom-right corners, ${coordinateWords.relative}. ` +
      'The source is "original_image", or "observation_1" for the first crop that you were ' +
      'shown, and so on. You may zoom as often as you need, also into an earlier crop.',
    'Once you are sure: <answer>your answer</answer>.',
  ].join('\n'),
  question: '<image>\n{question}',
  observation:
    'Action {action} gave observation_{observation}:\n<image>\n' +
    'Go on: think, then zoom in again on any picture shown so far, or answer if you are sure.',
  error: 'That zoom failed. {error}\nThink again, then zoom in with a corrected box, or answer if you are sure.',
}

/** These texts are single tokens of the embedded policy's tokenizer: changing them requires new weights. */
const embeddedSystem = 'Find the target and answer.'
const embeddedErrorPrefix = 'error: '

export const embeddedPrompts: Prompts = {
  system: embeddedSystem,
  question: '<image>\n{question}',
  observation: 'observation_{observation}\n<image>',
  error: `${embeddedErrorPrefix}{code}`,
}

/** `originals`: number of pictures, one `<image>` each; several are preceded by their names. */
export function questionText(prompts: Prompts, question: string, originals = 1): string {
  const template = originals === 1 ? prompts.question : prompts.question.replace('<image>', namedPictures(originals))
  return fill(template, { question })
}

function namedPictures(originals: number): string {
  const names = Array.from({ length: originals }, (_, index) => sourceAt(index, originals))
  return [
    `There are ${originals} pictures, each under its name. In place of "original_image", a source is one of these names.`,
    ...names.map((name) => `${name}:\n<image>`),
  ].join('\n')
}

/** `action` counts from 0, `observation` from 1, as in the released prompts. */
export function observationText(prompts: Prompts, action: number, observation: number): string {
  return fill(prompts.observation, { action, observation })
}

export function errorText({ error: template, reminder = template }: Prompts, { error, code }: TurnError): string {
  return fill(code === 'no-action' ? reminder : template, { error, code })
}

/** Adds the profile's notes about the turn limit to the message before turn `turn`. */
export function pacedText(
  text: string,
  { turn, maxTurns }: { readonly turn: number; readonly maxTurns: number },
  { turnsTold, lastTurnAnswers }: { readonly turnsTold?: true; readonly lastTurnAnswers?: true },
): string {
  const count = maxTurns === 1 ? 'one turn' : `${maxTurns} turns at most, the one with your answer included`
  const told = turnsTold && turn === 1 ? [`You have ${count}.`] : []
  const last = lastTurnAnswers && turn === maxTurns ? ['This is your last turn: answer now, as well as you can.'] : []
  return [text, ...told, ...last].join('\n')
}

/** Fills placeholders in a single pass, so that braces in a question or error are never treated as placeholders. */
function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{([a-z]+)\}/g, (place, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : place,
  )
}
