/** Finds the picture of a stored search: a file in its run, its scene or one of the Ask page drawn again, or a row of the original data. */
import { basename } from 'node:path'
import { readBenchmark } from '../../benchmark/benchmark.ts'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import type { BenchmarkEntry } from '../../benchmark/entry.ts'
import { readRecognised } from '../../benchmark/own/recognise.ts'
import { sceneOf } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { problemName } from '../../evaluate/stored-outcomes.ts'
import { picturesOf } from '../../protocol/originals.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { openersOf } from '../../search/owed-samples.ts'
import { openPicture } from '../../vision/open.ts'
import { readingOf } from '../../vision/picture.ts'
import type { Picture } from '../../vision/picture.ts'
import { bundledScenes } from '../api/scene-pictures.ts'
import { HttpError } from '../http/http-error.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import { keepRecent } from '../../shared/recent.ts'
import { searchedRun } from '../../runs/forks.ts'
import type { RunPlace } from '../../runs/forks.ts'
import { keptImage } from '../../runs/run-folder.ts'

type Entries = ReadonlyMap<string, BenchmarkEntry>

/** Number of data sets cached. */
const mostSets = 4

/** Opens pictures of stored searches; the data of a run are read once. Throws `HttpError` 404. */
export function runPictures(): (of: FoundRun, trajectory: Trajectory, original: number) => Promise<Picture> {
  const data = keepRecent<Entries>(mostSets)
  /** Scenes of the Ask page, about which anything can be asked. */
  let bundled: readonly Picture[] | undefined
  // Data that were moved or changed may be restored later.
  const dataOf = (run: RunPlace): Promise<Entries> => data(run.path, () => readData(run)).catch(() => new Map())
  return async (of, trajectory, original) => {
    const run = searchedRun(of)
    const searched = picturesOf(trajectory)[original]
    if (searched === undefined) throw new HttpError(404, 'no_picture', 'The question has no such picture.')
    const picture =
      (await keptPicture(run.path, searched)) ??
      scene(trajectory) ??
      (bundled ??= bundledScenes().map(({ picture }) => picture)).find(({ sha256 }) => sha256 === searched.sha256) ??
      (await dataPicture(await dataOf(run), trajectory, original))
    if (picture !== undefined) return picture
    throw new HttpError(404, 'no_picture', 'The picture is neither in the run nor at the original path of its data.')
  }
}

/** A file of the run, named by its hash, which its content must match. */
async function keptPicture(path: string, picture: Trajectory['picture']): Promise<Picture | undefined> {
  const file = await keptImage(path, picture.sha256)
  if (file === undefined) return undefined
  const kept = await openPicture(file, { reading: picture.reading, cutOff: 'shown' })
  if (kept.sha256 === picture.sha256) return kept
  throw new HttpError(
    404,
    'picture_changed',
    `images/${basename(file)} is not the picture that was searched: the file was changed.`,
  )
}

/** Drawn at the size that was searched; the original file may have been a JPEG of it. */
function scene({ problem, picture, furtherPictures }: Trajectory): Picture | undefined {
  if (picture.width !== picture.height || furtherPictures !== undefined) return undefined
  try {
    return scenePicture(sceneOf(problem), picture.width)
  } catch {
    return undefined
  }
}

async function readData({ settings }: RunPlace): Promise<Entries> {
  const { command, data, benchmark = 'visual-probe' } = settings
  if (typeof data !== 'string' || typeof benchmark !== 'string') return new Map()
  const entries = trainingCommands.includes(String(command))
    ? await readRecognised(data, { split: 'train' })
    : await readBenchmark(benchmarkNamed(benchmark), data, {})
  return new Map(entries.map((entry) => [problemName(entry.problem), entry]))
}

/** Commands that read the training split of a folder. */
const trainingCommands = ['collect', 'rl']

/** Undefined unless it is exactly the picture that was searched. */
async function dataPicture(entries: Entries, search: Trajectory, original: number): Promise<Picture | undefined> {
  const entry = entries.get(problemName(search.problem))
  const open = entry && openersOf(entry)[original]
  const picture = await open?.(readingOf(search)).catch(() => undefined)
  return picture?.sha256 === picturesOf(search)[original]?.sha256 ? picture : undefined
}
