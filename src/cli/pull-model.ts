/** A model for `local:` brought to this machine, once a person agrees: by `models pull`, and by `ask` where it is missing. */
import { findLocalModel, modelOf, NotPulledError, planPull } from '../hub/local-model.ts'
import type { LocalModel } from '../hub/local-model.ts'
import { errorCodeOf } from '../shared/errors.ts'
import { pullAloud, sayingRetries } from './print/pull-aloud.ts'

/** undefined: the person said no. Offline, a model that is here already will do. */
export async function broughtHere(name: string, yes?: boolean): Promise<LocalModel | undefined> {
  try {
    const plan = await planPull(name, sayingRetries)
    const title = plan.known?.title ?? plan.repository.id
    const agreed = await pullAloud(plan, { title, yes, command: `mini-o3 models pull ${name} --yes` })
    return agreed ? modelOf(plan) : undefined
  } catch (error) {
    if (errorCodeOf(error) !== 'hub-offline') throw error
    return findLocalModel(name)
  }
}

/** Does the work, and where it lacks a model that can be pulled, offers that at a terminal and does it again. */
export async function offeringPull<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isTerminal = process.stdin.isTTY && process.stderr.isTTY
    if (!(error instanceof NotPulledError) || !isTerminal || (await broughtHere(error.model)) === undefined) throw error
    return work()
  }
}
