/** Whether stored searches match a filter, with what the filter reads of their run. */
import { basename, resolve } from 'node:path'
import { pricedModel } from '../policy/registry/kinds.ts'
import type { SearchNote } from '../protocol/note.ts'
import type { Price } from '../protocol/price.ts'
import type { FilterContext } from '../protocol/filter/fields.ts'
import type { Filter } from '../protocol/filter/filter.ts'
import { matcher } from '../protocol/filter/matcher.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { readSettings } from '../runs/configuration.ts'
import type { Settings } from '../runs/configuration.ts'
import { pricesFile } from '../runs/files.ts'
import { readNotes } from '../runs/notes.ts'
import { readRunFile } from '../runs/run-file.ts'
import { factsOf, thinks } from './search-facts.ts'

/** For the searches of the run in folder `path`. Verdicts corrected by hand count, unless `asJudged`. */
export async function storedMatcher(
  path: string,
  { node }: Filter,
  asJudged = false,
): Promise<(search: Trajectory) => boolean> {
  const notes = await readNotes(path)
  const priceOf = await readPriceOf(path)
  let now: Trajectory | undefined
  const matches = matcher(node, {
    ...filteredRun(path, await readSettings(path)),
    inThoughts: (_, words) => now !== undefined && thinks(now, words),
  })
  return (trajectory) => {
    now = trajectory
    const noted = notes.of({ trajectory })
    const note = asJudged ? withoutVerdict(noted) : noted
    return matches(factsOf({ trajectory }, { index: 0, note, price: priceOf(trajectory.policy) }))
  }
}

/** What a filter reads of a run. */
export function filteredRun(path: string, { benchmark }: Settings): Pick<FilterContext, 'run' | 'benchmark'> {
  return { run: basename(resolve(path)), benchmark: typeof benchmark === 'string' ? benchmark : undefined }
}

function withoutVerdict(note: SearchNote | undefined): SearchNote | undefined {
  if (note === undefined) return undefined
  const { verdict: _, ...others } = note
  return others
}

/** Finds the price of a policy. */
export type PriceOf = (policy: string) => Price | undefined

/** The prices that a run stores. */
export async function readPriceOf(path: string): Promise<PriceOf> {
  const prices = await readRunFile(path, pricesFile)
  return (policy) => {
    const model = pricedModel(policy)
    return model === undefined ? undefined : prices?.[model]
  }
}
