/** What was found. Types only: the page has them too. */
import type { HostedService } from './keys.ts'
import type { FoundModel } from './model-sight.ts'
import type { ServerName } from './server-signs.ts'

export interface FoundServer extends ServerName {
  readonly baseUrl: string
  readonly models: readonly FoundModel[]
  /** Why it does not say which models it has. */
  readonly problem?: string
}

/** A model that runs in this program. */
export interface LocalRow {
  /** Behind `local:`. */
  readonly name: string
  readonly title: string
  readonly bytes: number
  readonly pulled: boolean
  readonly memoryBytes?: number
  readonly licence?: string
}

export interface FoundLocal {
  readonly models: readonly LocalRow[]
  /** Why none of them can run here. */
  readonly problem?: string
  /** Why they are slow here, and what to do. */
  readonly slow?: string
}

export interface Found {
  readonly local: FoundLocal
  readonly servers: readonly FoundServer[]
  /** Those whose key is in the environment. */
  readonly services: readonly HostedService[]
}
