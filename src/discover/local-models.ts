/** Models that run in this program, without a server: those that were pulled, and those that are known and can be. Reads the disk alone. */
import { knownModels } from '../hub/known-models.ts'
import { pulledModels } from '../hub/local-model.ts'
import { findAddon } from '../local/addon.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import type { FoundLocal } from './found.ts'

/** Pulled ones first; then the known ones, in the order in which they are offered. */
export async function findLocalModels(): Promise<FoundLocal> {
  const pulled = await pulledModels()
  const known = new Map(knownModels.map((model) => [model.name, model]))
  const rows = pulled.map(({ name, bytes }) => ({ name, title: known.get(name)?.title ?? name, bytes, pulled: true }))
  const others = knownModels
    .filter(({ name }) => !pulled.some((model) => model.name === name))
    .map(({ name, title, bytes, memoryBytes, licence }) => ({
      name,
      title,
      bytes,
      memoryBytes,
      licence,
      pulled: false,
    }))
  const problem = whyNone()
  return { models: [...rows, ...others], ...(problem !== undefined && { problem }) }
}

/** Why none of them can run here. */
function whyNone(): string | undefined {
  try {
    findAddon()
    return undefined
  } catch (error) {
    if (error instanceof UserError) return messageOf(error)
    throw error
  }
}
