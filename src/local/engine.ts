/** Chooses the llama.cpp that runs local models: an installed `llama-server`, otherwise the addon from npm. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { UserError } from '../shared/errors.ts'
import { findAddon } from './addon.ts'
import type { LlamaEngine } from './addon.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * An installed server comes first, since it was built with the machine's vector instructions and graphics card.
 * `MINI_O3_LLAMA_SERVER` names another one, or none if empty. Throws `UserError` if there is neither.
 */
export function findEngine(env: Env = process.env, addon: () => LlamaEngine = findAddon): LlamaEngine {
  const named = env[serverVariable]
  const server = named === undefined ? onPath(env) : named === '' ? undefined : named
  if (server === undefined) return addon()
  if (isProgram(server)) return { kind: 'server', path: server }
  throw new UserError('llama-missing', `${serverVariable} names ${server}, which cannot be run. Name a llama-server.`)
}

export const serverVariable = 'MINI_O3_LLAMA_SERVER'

function onPath(env: Env): string | undefined {
  const name = process.platform === 'win32' ? 'llama-server.exe' : 'llama-server'
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter)
  // A relative folder depends on where the program is started.
  return folders
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
