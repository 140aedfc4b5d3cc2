/** Provides a model that runs in this program, for the page: from disk, or downloaded first. */
import { findLocalModel, planPull, pull } from '../../hub/local-model.ts'
import type { LocalModel } from '../../hub/local-model.ts'
import { errorCodeOf, UserError } from '../../shared/errors.ts'

export interface BringOptions {
  readonly signal: AbortSignal
  readonly onStep: (text: string) => void
  readonly onBytes: (done: number, total: number) => void
}

/** `name`: a known model, or `hub:<owner>/<name>`; the page cannot name files. Throws `UserError`, `AbortedError`. */
export async function bringLocal(name: string, { signal, onStep, onBytes }: BringOptions): Promise<LocalModel> {
  if (/\.gguf$/i.test(name) || !/^[\w.:@/-]+$/.test(name))
    throw new UserError('model-unknown', `${name} is neither a known model nor hub:<owner>/<name>.`)
  onStep('Looking for it on this machine')
  try {
    return await findLocalModel(name)
  } catch (error) {
    if (errorCodeOf(error) !== 'model-not-pulled') throw error
  }
  onStep('Listing its files on the hub')
  const plan = await planPull(name, { signal })
  onStep(`Downloading${plan.licence === undefined ? '' : `, licence ${plan.licence}`}`)
  return pull(plan, { signal, onBytes })
}
