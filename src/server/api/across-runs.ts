/** The JSON API between pages and server about several runs at once. Types only. */
import type { ChartRow, ItemRow } from './types.ts'

/** `GET /api/curves?run=<name>&run=<other name>`: the curves of up to 8 runs in one chart each. */
export interface RunCurves {
  /** Runs that differ only in their seed share a line. */
  readonly lines: readonly { readonly name: string; readonly runs: readonly string[] }[]
  readonly charts: readonly ChartRow[]
}

/** `GET /api/runs/<name>/find?where=<text>`: searches that match a filter, or that have words; 400 for a filter that cannot be read. */
export interface FoundSearches {
  /** The filter. */
  readonly where: string
  readonly count: number
  /** The first ones. */
  readonly items: readonly ItemRow[]
}
