/** A search as Markdown with its pictures as files beside it. Text of models and files cannot become markup, links or HTML. */
import { boxSize, pixelBox } from '../protocol/box.ts'
import { originalOf, picturesOf } from '../protocol/originals.ts'
import { shownSize } from '../protocol/orientation.ts'
import type { Observation, Trajectory } from '../protocol/trajectory.ts'
import { itemAt } from '../shared/known.ts'
import { counted } from '../shared/numbers.ts'
import { changedRegion } from '../vision/changed-view.ts'
import { encodeJpeg } from '../vision/encode.ts'
import { atMost } from '../vision/fit.ts'
import type { Picture, Pixels } from '../vision/picture.ts'
import { endText, shown, stepsOf, stepTitle } from './step.ts'

export interface MarkdownFiles {
  readonly text: string
  /** JPEG files by their names, which the text uses with `folder` in front. */
  readonly pictures: ReadonlyMap<string, Uint8Array>
}

/** Longest sides in pixels. */
const originalSide = 1200
const cropSide = 480

/** `folder`: where the pictures will be, relative to the text. */
export async function searchMarkdown(
  trajectory: Trajectory,
  pictures: readonly Picture[],
  folder: string,
): Promise<MarkdownFiles> {
  const { problem, observations, answer, verdict, policy, turns } = trajectory
  const files = new Map<string, Uint8Array>()
  const add = async (name: string, pixels: Pixels, label: string): Promise<string> => {
    files.set(name, await encodeJpeg(pixels, 85))
    return `![${plain(label)}](${[folder, name].map(encodeURIComponent).join('/')})`
  }
  const blocks: string[] = [`# ${plain(problem.question)}`]
  for (const index of picturesOf(trajectory).keys()) {
    const picture = itemAt(pictures, index)
    const whole = pixelBox(0, 0, picture.width, picture.height)
    const pixels = await picture.region(whole, atMost(picture, originalSide), 'area')
    blocks.push(await add(`original-${index + 1}.jpg`, pixels, 'The original'))
  }
  for (const step of stepsOf(trajectory)) {
    const { number, turn, observation, name } = step
    blocks.push(`## Turn ${number}: ${plain(stepTitle(step))}`)
    if (turn.thought) blocks.push(quoted(turn.thought))
    if (turn.error) blocks.push(`Refused: ${plain(turn.error.error)}`)
    if (turn.returned) blocks.push(`Returned: ${plain(turn.returned)}`)
    if (observation && observation.parent !== null) {
      const pixels = await cropOf(observation, trajectory, pictures)
      blocks.push(await add(`turn-${number}.jpg`, pixels, name), placeText(observation, observations))
    }
  }
  const truth = problem.answer === undefined ? '' : ` (truth: ${plain(problem.answer)})`
  const said = answer === null ? `No answer: ${endText(trajectory)}` : plain(answer)
  blocks.push('## Answer', `**${said}**${verdict ? `, ${verdict.kind}` : ''}${truth}`)
  blocks.push(`${plain(policy)}, ${counted(turns.length, 'turn', 'turns')}`)
  return { text: `${blocks.join('\n\n')}\n`, pictures: files }
}

function cropOf(observation: Observation, { observations }: Trajectory, pictures: readonly Picture[]): Promise<Pixels> {
  const picture = itemAt(pictures, originalOf(observation, observations))
  return changedRegion(picture, observation, observations, enlarged(shownSize(observation)), 'area')
}

/** Small crops are shown enlarged, as on the pages. */
function enlarged({ width, height }: { readonly width: number; readonly height: number }) {
  const scale = cropSide / Math.max(width, height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

function placeText(observation: Observation, observations: readonly Observation[]): string {
  const [x0, y0, x1, y1] = observation.boxInOriginalPx
  const { width, height } = boxSize(observation.boxInOriginalPx)
  const several = observations.filter(({ parent }) => parent === null).length > 1
  const of = several ? ` of original ${originalOf(observation, observations) + 1}` : ''
  return `${width} × ${height} pixels${of}, at ${x0}, ${y0} to ${x1}, ${y1}`
}

/** Any of these before a sign of ASCII makes it a plain sign. */
const signs = /[!-/:-@[-`{-~]/g

/** Marks that change the order in which other text is shown. */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text as a part of one line. A word joiner after @ and # keeps sites from making links of names and numbers. */
function plain(text: string): string {
  return shown(text)
    .toWellFormed()
    .replaceAll(/\p{Cc}|[\u2028\u2029]/gu, ' ')
    .replaceAll(directions, '')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
    .replaceAll(signs, (sign) => `\\${sign}${sign === '@' || sign === '#' ? '\u2060' : ''}`)
}

function quoted(text: string): string {
  const lines = shown(text).split(/\r\n|[\n\r\u2028\u2029]/)
  return lines.map((line) => `> ${plain(line)}`.trimEnd()).join('\n')
}
