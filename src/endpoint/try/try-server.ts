/** Tests everything that a search needs from a server and a model, from the first picture to function calls. */
import { askerOf, settled } from './asking.ts'
import type { Finding, TryOptions } from './asking.ts'
import { tryImageCounts, tryPictures, tryPictureSizes, trySeveralTurns } from './pictures.ts'
import { tryZooming } from './profiles.ts'
import { aboutReply, tryLongReply, trySeed, tryStop, tryTools } from './replies.ts'

import { settingWords } from './zoom-settings.ts'
import type { ZoomSettings } from './zoom-settings.ts'

export type { Finding } from './asking.ts'

export interface Tries {
  readonly findings: readonly Finding[]
  /** Recommended search options, such as `--max-images 8`. */
  readonly options: readonly string[]
  /** The part of them that `--policy auto` may take over. */
  readonly settings: ZoomSettings
}

/** Only throws `AbortedError`; other errors become findings. Stops early if pictures in several messages do not work. */
export async function tryServer(options: TryOptions): Promise<Tries> {
  const { endpoint, model } = options
  const ask = askerOf(options)
  const pictures = await tryPictures(ask, endpoint)
  const thinking = pictures.reply === undefined ? [] : aboutReply(pictures.reply)
  if (pictures.finding.level === 'problem')
    return { findings: [pictures.finding, ...thinking], options: [], settings: {} }
  const turns = await trySeveralTurns(ask)
  const { finding: counts, imageCap } = await tryImageCounts(ask, endpoint)
  const soFar = [pictures.finding, turns, counts, ...thinking]
  if (soFar.some(({ level }) => level === 'problem')) return { findings: soFar, options: [], settings: {} }
  const sizes = await tryPictureSizes(ask)
  let settings: ZoomSettings = sizes.maxPixels === undefined ? {} : { maxPixels: sizes.maxPixels }
  const zooms = await settled('profile', async () => {
    const tried = await tryZooming(ask, model)
    settings = { ...settings, ...tried.settings }
    return tried.findings
  })
  const rest = [
    ...(await settled('stop strings', () => tryStop(ask))),
    ...(await settled('long replies', () => tryLongReply(ask))),
    ...(await settled('seed', () => trySeed(ask, endpoint))),
    ...(await settled('function calls', () => tryTools(ask))),
  ]
  const words = [...(imageCap === undefined ? [] : [`--max-images ${imageCap}`]), ...settingWords(settings)]
  return { findings: [...soFar, ...sizes.findings, ...zooms, ...rest], options: words, settings }
}
