/** The JSON API between pages and server: what the page of one search shows of others. Types only. */
import type { Price } from '../../protocol/price.ts'
import type { ForkDeparture } from './fork-types.ts'
import type { ItemRow } from './types.ts'

/** `GET /api/runs/<name>/items/<n>/group`: what the page of a search shows of the others of its run. */
export interface SearchGroup {
  /** Number of searches of the run. */
  readonly total: number
  /** The searches of its problem (see `groupName`), by sample, only the last if one was repeated; of more than 16 only itself. */
  readonly items: readonly ItemRow[]
  readonly price?: Price
}

/** `GET /api/runs/<name>/items/<n>/family`: its parent and its forks, as far as they are stored. */
export interface SearchFamily {
  readonly parent?: { readonly run: string; readonly index: number }
  readonly forks: readonly StoredFork[]
}

export interface StoredFork
  extends ForkDeparture, Pick<ItemRow, 'index' | 'sampleIndex' | 'policy' | 'answer' | 'verdict'> {
  readonly run: string
}
