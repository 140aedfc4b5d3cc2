/**
 * Forks of stored searches: a run of their own in a folder of the run that they depart from. So the log of that run never changes, and
 * no figure counts a fork as one more search of an evaluation.
 */
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Parent, Trajectory } from '../protocol/trajectory.ts'
import { errorCodeOf } from '../shared/errors.ts'
import { fieldsOf } from '../shared/fields.ts'
import { isRun, readSettings } from './configuration.ts'
import type { Settings } from './configuration.ts'
import { openRun } from './run-folder.ts'
import type { RunFolder } from './run-folder.ts'
import { keyOf, searchKey, searchLog } from './searches.ts'

/** The command in the settings of a run of forks. */
export const forkCommand = 'fork'
export const forksName = 'forks'

/** A run folder with its settings. */
export interface RunPlace {
  readonly path: string
  readonly settings: Settings
}

/** The folder with the forks of the searches of a run; forks of forks are among them. */
export function forksFolder({ path, settings }: RunPlace): string {
  return settings['command'] === forkCommand ? path : join(path, forksName)
}

/** The run whose data were searched: for a run of forks, the one that they depart from. */
export function searchedRun({ path, settings }: RunPlace): RunPlace {
  return settings['command'] === forkCommand
    ? { path: dirname(resolve(path)), settings: { ...fieldsOf(settings['of']) } }
    : { path, settings }
}

/** `Parent.run` of a search of this run: the name of its folder; of forks, `<run>/forks`. */
export function runNameOf(run: RunPlace): string {
  const name = basename(resolve(searchedRun(run).path))
  return run.settings['command'] === forkCommand ? `${name}/${forksName}` : name
}

/**
 * Whether a fork that is stored in the run `at` departs from a search of the run `from`. The folders decide, not their names: forks are
 * in the folder of the run that they depart from, wherever that was moved. Earlier versions named the folder of forks without its run.
 */
export function departsFrom({ run: named }: Parent, at: RunPlace, from: RunPlace): boolean {
  const isIn = (path: string): boolean => resolve(path) === resolve(from.path)
  if (named === undefined) return isIn(at.path)
  // A training set has forks without the searches that they depart from.
  if (at.settings['command'] !== forkCommand) return false
  const searched = searchedRun(at).path
  const ofFork = named.endsWith(`/${forksName}`) || (named === forksName && basename(resolve(searched)) !== forksName)
  return isIn(ofFork ? at.path : searched)
}

interface SearchName {
  readonly sampleIndex: number
  readonly ask?: number
  readonly step?: number
}

/** Whether a search of the run that a fork departs from is its parent, problem aside. */
export function isParent(parent: Parent, { sampleIndex, ask, step }: SearchName): boolean {
  return parent.sampleIndex === sampleIndex && parent.ask === ask && parent.step === step
}

/** Writes in one folder follow each other. */
const writing = new Map<string, Promise<unknown>>()

/** Stores a fork of a search of `of`, and returns its index in the log of forks. It gets a number of its own among the forks of its problem. */
export function keepFork(of: RunPlace, fork: Trajectory): Promise<number> {
  const folder = forksFolder(of)
  const kept = (writing.get(folder) ?? Promise.resolve()).then(() => keepNow(folder, of, fork))
  const settled = kept.catch(() => {})
  writing.set(folder, settled)
  void settled.then(() => writing.get(folder) === settled && writing.delete(folder))
  return kept
}

async function keepNow(folder: string, { settings }: RunPlace, fork: Trajectory): Promise<number> {
  // The settings of the parent's run may have changed since the first fork.
  const config = (await isRun(folder)) ? await readSettings(folder) : { command: forkCommand, of: settings }
  const run = await openWhenFree(folder, config)
  try {
    let index = 0
    const keys = new Set<string>()
    for await (const search of run.read(searchLog)) {
      index++
      keys.add(keyOf(search))
    }
    let sampleIndex = 0
    while (keys.has(searchKey(fork.problem, sampleIndex))) sampleIndex++
    const { ask: _ask, ...own } = fork
    await run.append(searchLog, { ...own, sampleIndex })
    return index
  } finally {
    await run.close()
  }
}

const waitMs = 250
const mostWaits = 60

/** Another process may be storing a fork, which is brief. */
async function openWhenFree(folder: string, config: Settings): Promise<RunFolder> {
  for (let waits = 0; ; waits++) {
    try {
      return await openRun(folder, config)
    } catch (error) {
      if (errorCodeOf(error) !== 'run-in-use' || waits === mostWaits) throw error
      await sleep(waitMs)
    }
  }
}
