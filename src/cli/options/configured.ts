/** The models listed in `mini-o3.yaml` and in the user's configuration file, in the format of `serve --policies`. */
import { baseUrlOf } from '../../endpoint/address.ts'
import { configurationFiles } from '../../discover/configuration.ts'
import type { ConfigurationFile } from '../../discover/configuration.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { readPolicies } from './policies-file.ts'
import type { PolicyEntry } from './policies-file.ts'

export interface Configured {
  readonly file: ConfigurationFile
  readonly entries: readonly PolicyEntry[]
  /** Why the file cannot be read; `entries` is then empty. */
  readonly problem?: string
}

/** Reads all configuration files that exist. */
export function readConfigured(temperature: number): Configured[] {
  return configurationFiles(process.env).map((file) => {
    try {
      return { file, entries: readPolicies(file.path, temperature) }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      return { file, entries: [], problem: messageOf(error) }
    }
  })
}

/** Whether the entry would send pictures, and an API key, to another machine. */
export function leavesMachine({ baseUrl }: PolicyEntry): boolean {
  return baseUrl !== undefined && !isLoopback(baseUrlOf(baseUrl).hostname)
}
