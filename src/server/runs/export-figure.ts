/** One search of a run as a file: figure, animation or Markdown. */
import { withNoted } from '../../protocol/note.ts'
import { picturesOf } from '../../protocol/originals.ts'
import { searchFileKind, writeSearchFile } from '../../page/search-file.ts'
import { UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { openRuns } from './runs.ts'
import type { ItemRow } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'

export interface SearchWords {
  /** Problem id, with or without its data source; optional if the run has only one problem. */
  readonly problem?: string
  /** From 1, as pages and filters count. */
  readonly sample: number
}

export interface FigureWords extends SearchWords {
  /** Size of an animation. */
  readonly maxBytes?: number | undefined
}

/** Number of problems named as examples in errors. */
const mostNamed = 5

/** Returns the search that was drawn. Throws `UserError` for another file type, and if no search matches. */
export async function exportFigure(run: string, to: string, { maxBytes, ...words }: FigureWords): Promise<ItemRow> {
  searchFileKind(to)
  const runs = openRuns(run)
  const { items, notes } = await runs.details('.')
  const item = chosenItem(withNoted(items, notes?.items ?? []), words)
  const search = await runs.search('.', item.index)
  const opened = Promise.all(picturesOf(search).map((_, original) => runs.picture('.', item.index, original)))
  const pictures = await opened.catch((error: unknown) => {
    if (!(error instanceof HttpError)) throw error
    throw new UserError('picture-not-found', `${error.message} Restore the data at the path that the run used.`)
  })
  await writeSearchFile(to, search, pictures, maxBytes)
  return item
}

/** Selects a search; if it was repeated, the newest. Throws `UserError` if none matches. */
export function chosenItem(items: readonly ItemRow[], { problem, sample }: SearchWords): ItemRow {
  if (items.length === 0)
    throw new UserError('no-search', 'The run has no searches. Name a run of ask, demo, eval or collect.')
  const names = [...new Set(items.map((item) => item.problem))]
  const named = problem === undefined ? names : names.filter((name) => name === problem || name.endsWith(`/${problem}`))
  if (named.length !== 1) {
    const some = (named.length > 0 ? named : names).slice(0, mostNamed).join(', ')
    const what =
      problem === undefined
        ? `The run has ${names.length} problems`
        : `${named.length === 0 ? 'No problem is' : `${named.length} problems are`} named ${problem}`
    throw new UserError('problem-not-found', `${what}. Name one with --problem, such as ${some}.`)
  }
  const own = items.filter((item) => item.problem === named[0])
  const item = own.findLast(({ sampleIndex }) => sampleIndex === sample - 1)
  if (item !== undefined) return item
  const samples = [...new Set(own.map(({ sampleIndex }) => sampleIndex + 1))].toSorted((a, b) => a - b).join(', ')
  throw new UserError(
    'sample-not-found',
    `There is no sample ${sample} of ${itemAt(named, 0)}: name one of ${samples} with --sample.`,
  )
}
