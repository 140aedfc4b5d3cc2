/** The log of requests and replies, one line per search, and the line of one search. */
import { exchangesKey, exchangesSchema } from '../protocol/exchange.ts'
import type { SearchExchanges, StoredExchanges } from '../protocol/exchange.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { parseLine, wholeLines } from '../shared/jsonl.ts'
import { logFile } from './log.ts'
import type { Log } from './log.ts'
import { plainFile } from './plain-file.ts'
import type { RunFolder } from './run-folder.ts'

const exchangeLog: Log<StoredExchanges> = {
  name: 'exchanges',
  line: exchangesSchema,
  ifLost: 'The requests and replies of these searches cannot be shown.',
}

/** Stores the requests and replies of a search. */
export async function keepExchanges(run: RunFolder, search: Trajectory, exchanges: SearchExchanges): Promise<void> {
  const key = exchangesKey(search)
  if (key !== undefined) await run.append(exchangeLog, { search: key, ...exchanges })
}

/** Those of one search; undefined if none are stored. Only its own line is parsed, so that a log of gigabytes is read at disk speed. */
export async function readExchanges(folder: string, search: Trajectory): Promise<SearchExchanges | undefined> {
  const key = exchangesKey(search)
  const file = logFile(folder, exchangeLog)
  if (key === undefined || (await plainFile(file)) === undefined) return undefined
  const start = Buffer.from(`{"search":${JSON.stringify(key)},`)
  let found: SearchExchanges | undefined
  for await (const { bytes } of wholeLines(file)) {
    if (bytes?.subarray(0, start.length).equals(start) !== true) continue
    const line = parseLine(bytes, exchangesSchema)
    if (line && 'value' in line) found = line.value
  }
  return found
}
