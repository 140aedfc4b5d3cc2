/** Models that run in this program, without a server: those that were pulled, and those that are known and can be. Reads the disk alone. */
import { knownModels } from '../hub/known-models.ts'
import { pulledModels } from '../hub/local-model.ts'
import { installAdvice } from '../local/addon.ts'
import { findEngine } from '../local/engine.ts'
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
  const { text, state } = localEngine()
  const models = [...rows, ...others]
  return { models, ...(state === 'missing' && { problem: text }), ...(state === 'slow' && { slow: text }) }
}

export interface LocalEngine {
  readonly state: 'ready' | 'slow' | 'missing'
  /** Which llama.cpp runs such models, or what to install. */
  readonly text: string
}

export function localEngine(): LocalEngine {
  try {
    const { kind, path, slow } = findEngine()
    if (kind === 'server') return { state: 'ready', text: `They run in llama-server (${path}).` }
    const text = 'They run in the llama.cpp of this program.'
    if (!slow) return { state: 'ready', text }
    return {
      state: 'slow',
      text: `${text} It uses no vector instructions: without a graphics card, each picture takes minutes. ${installAdvice}.`,
    }
  } catch (error) {
    if (error instanceof UserError) return { state: 'missing', text: messageOf(error) }
    throw error
  }
}
