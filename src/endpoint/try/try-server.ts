/** Tests everything that a search needs from a server and a model, from the first picture to function calls. */
import type { Endpoint } from '../endpoint.ts'
import { settled } from './asking.ts'
import type { AskServer, Finding } from './asking.ts'
import { tryBoxes } from './boxes.ts'
import { tryImageCounts, tryPictures, tryPictureSizes, trySeveralTurns } from './pictures.ts'
import { tryProfiles } from './profiles.ts'
import { aboutReply, tryLongReply, trySeed, tryStop, tryTools } from './replies.ts'

export type { Finding } from './asking.ts'

export interface TryOptions {
  readonly endpoint: Endpoint
  readonly model: string
  readonly signal?: AbortSignal | undefined
  /** Called before every request. */
  readonly onRequest: (what: string) => void
}

export interface Tries {
  readonly findings: readonly Finding[]
  /** Recommended search options, such as `--max-images 8`. */
  readonly options: readonly string[]
}

/** Only throws `AbortedError`; other errors become findings. Stops early if pictures in several messages do not work. */
export async function tryServer({ endpoint, model, signal, onRequest }: TryOptions): Promise<Tries> {
  const ask: AskServer = (what, messages, more) => {
    onRequest(what)
    return endpoint.complete({ model, messages, ...more }, { signal })
  }
  const pictures = await tryPictures(ask, endpoint)
  const thinking = pictures.reply === undefined ? [] : aboutReply(pictures.reply)
  if (pictures.finding.level === 'problem') return { findings: [pictures.finding, ...thinking], options: [] }
  const turns = await trySeveralTurns(ask)
  const { finding: counts, imageCap } = await tryImageCounts(ask, endpoint)
  const soFar = [pictures.finding, turns, counts, ...thinking]
  if (soFar.some(({ level }) => level === 'problem')) return { findings: soFar, options: [] }
  const sizes = await tryPictureSizes(ask)
  let words: readonly string[] = []
  const zooms = await settled('profile', async () => {
    const written = await tryProfiles(ask, model)
    const boxes = written.zooms ? { findings: [], words: written.words } : await tryBoxes(ask)
    words = boxes.words
    return [...written.findings, ...boxes.findings]
  })
  const rest = [
    ...(await settled('stop strings', () => tryStop(ask))),
    ...(await settled('long replies', () => tryLongReply(ask))),
    ...(await settled('seed', () => trySeed(ask, endpoint))),
    ...(await settled('function calls', () => tryTools(ask))),
  ]
  const options = [
    ...(imageCap === undefined ? [] : [`--max-images ${imageCap}`]),
    ...words,
    ...(sizes.maxPixels === undefined || words.some((word) => word.startsWith('--max-pixels'))
      ? []
      : [`--max-pixels ${sizes.maxPixels}`]),
  ]
  return { findings: [...soFar, ...sizes.findings, ...zooms, ...rest], options }
}
