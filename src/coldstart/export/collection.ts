/** Writes chosen searches, also of evaluations and of several runs, as a collection: the run folder that `mini-o3 sft` trains on. */
import type { Settings } from '../../runs/configuration.ts'
import { openRun } from '../../runs/run-folder.ts'
import { searchedLog, searchLog } from '../../runs/searches.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { throwIfAborted } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { remember } from '../stored-searches.ts'
import type { SearchesOfRun } from './chosen-searches.ts'
import { writeFolder } from './write-folder.ts'
import type { WrittenFolder } from './write-folder.ts'

export interface CollectionOptions {
  readonly runs: readonly SearchesOfRun[]
  /** An empty or non-existing folder. */
  readonly out: string
  /** The filter that chose the searches, if any. */
  readonly where?: string | undefined
  /** When it fires, partial output is removed and `AbortedError` is thrown. */
  readonly signal?: AbortSignal | undefined
  readonly onRow?: () => void
}

/** Lines that are flushed together. */
const linesAtOnce = 64

/** The searches have to be learnable, and to have names of their own. */
export function writeCollection({ runs, out, where, signal, onRow }: CollectionOptions): Promise<WrittenFolder> {
  const config = collectionConfig(runs, where)
  return writeFolder(out, async (folder) => {
    const run = await openRun(folder, config)
    try {
      const searches = runs.flatMap((one) => one.searches)
      for (let at = 0; at < searches.length; at += linesAtOnce) {
        throwIfAborted(signal)
        const some = searches.slice(at, at + linesAtOnce)
        await Promise.all(some.map((search) => run.append(searchLog, search)))
        await Promise.all(some.map((search, index) => run.append(searchedLog, remember(search, at + index))))
        for (const _ of some) onRow?.()
      }
    } finally {
      await run.close()
    }
  })
}

/** Settings that say how searches are replayed. */
const replayed = ['data', 'viewSide', 'contextLimit', 'benchmark', 'profile', 'pixels', 'protocol']

/** `source` says where the searches are from; settings of these runs are only kept where they agree. */
function collectionConfig(runs: readonly SearchesOfRun[], where: string | undefined): Settings {
  // The searches of a server, such as forks, are about the problems of the others.
  const asked = runs.filter(({ settings }) => settings['command'] !== 'serve')
  const of = asked.length > 0 ? asked : runs
  const first = itemAt(of, 0).settings
  const agreed = (name: string): boolean =>
    name in first && of.every(({ settings }) => canonicalJson(settings[name] ?? null) === canonicalJson(first[name]))
  return {
    command: 'collect',
    ...Object.fromEntries(replayed.filter(agreed).map((name) => [name, first[name]])),
    source: {
      ...(agreed('command') && { command: first['command'] }),
      runs: runs.map(({ path }) => path),
      ...(where !== undefined && { where }),
    },
  }
}
