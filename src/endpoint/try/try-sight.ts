/** Tests whether a model accepts pictures as a search needs, and how it zooms: the first tests of `doctor`, used to choose among models. */
import { askerOf, settled } from './asking.ts'
import type { TryOptions } from './asking.ts'
import { tryPictures, trySeveralTurns } from './pictures.ts'
import { tryZooming } from './profiles.ts'
import type { ZoomSettings } from './zoom-settings.ts'

/** Undefined if pictures work, also in several messages; otherwise the reason why not. Only throws `AbortedError`. */
export async function trySight(options: TryOptions): Promise<string | undefined> {
  const ask = askerOf(options)
  const { finding } = await tryPictures(ask, options.endpoint)
  const problem = finding.level === 'problem' ? finding : await trySeveralTurns(ask)
  return problem.level === 'problem' ? [problem.text, problem.fix].filter(Boolean).join('. ') : undefined
}

/** With which settings its zooms come out right; none where that cannot be told. Throws `AbortedError` only. */
export async function findSettings(options: TryOptions): Promise<ZoomSettings> {
  let settings: ZoomSettings = {}
  await settled('profile', async () => {
    const tried = await tryZooming(askerOf(options), options.model)
    ;({ settings } = tried)
    return tried.findings
  })
  return settings
}
