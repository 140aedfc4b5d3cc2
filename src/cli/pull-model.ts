/** Downloads a model for `local:` after confirmation, for `models pull` and for commands that lack the model. */
import { localEngine } from '../discover/local-models.ts'
import { findLocalModel, modelOf, NotPulledError, planPull } from '../hub/local-model.ts'
import type { LocalModel } from '../hub/local-model.ts'
import { errorCodeOf } from '../shared/errors.ts'
import { say } from './print/output.ts'
import { pullAloud, sayingRetries } from './print/pull-aloud.ts'

/** Undefined if the user declined. Offline, a model that is already downloaded is enough. */
export async function broughtHere(name: string, yes?: boolean): Promise<LocalModel | undefined> {
  try {
    const plan = await planPull(name, sayingRetries)
    const title = plan.known?.title ?? plan.repository.id
    const { state, text } = localEngine()
    if (state !== 'ready') say(text)
    const agreed = await pullAloud(plan, { title, yes, command: `mini-o3 models pull ${name} --yes` })
    return agreed ? modelOf(plan) : undefined
  } catch (error) {
    if (errorCodeOf(error) !== 'hub-offline') throw error
    return findLocalModel(name)
  }
}

/** Runs `work`; if it lacks a model that can be downloaded, offers the download at a terminal and runs it again. */
export async function offeringPull<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isTerminal = process.stdin.isTTY && process.stderr.isTTY
    if (!(error instanceof NotPulledError) || !isTerminal || (await broughtHere(error.model)) === undefined) throw error
    return work()
  }
}
