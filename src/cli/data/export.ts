/** `mini-o3 export`: writes the searches of a run, or a cold-start set, in the formats of other trainers. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { coldStartFiles, readColdStart } from '../../coldstart/export/cold-start.ts'
import { checkFolder, exportSet, exportTargets, leftOutText } from '../../coldstart/export/export-set.ts'
import { readRightSearches, runRows } from '../../coldstart/export/run-rows.ts'
import type { TrainingRow } from '../../coldstart/export/training-row.ts'
import { UserError } from '../../shared/errors.ts'
import { bytesText } from '../../shared/bytes.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { countParquetRows } from '../../shared/parquet-read.ts'
import { startProgress } from '../../shared/progress.ts'
import { addCommand, refuseGiven } from '../options/command.ts'
import { maxPixelsOption, profileOptions } from '../options/profile.ts'
import { flag, inGroup, oneOf, required, text } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { isOneOf } from '../../shared/fields.ts'
import { asJudgedOption, dataOption, jsonOption } from '../options/shared.ts'
import { print, printJson, say } from '../print/output.ts'
import { exportCurves } from './export-curves.ts'
import { exportLog, logFormats } from './export-log.ts'
import type { ExportLogOptions } from './export-log.ts'
import { readCollection } from './read-collection.ts'
import { isRun, runsIn, severalRuns } from '../../runs/configuration.ts'
import { readSearchedConfig, searchedUnder } from './searched-under.ts'
import type { SearchedConfig } from './searched-under.ts'

const exportOptions = {
  ...inGroup('Problems', {
    ...dataOption('the problems that were searched (default: the path stored in the run)'),
    all: flag('include searches without the right answer, and those that a collection left out of its set'),
    ...asJudgedOption,
  }),
  ...profileOptions,
  ...maxPixelsOption,
  ...inGroup('Output', {
    to: required(
      oneOf(
        '<format>',
        'a training set (LLaMA-Factory, TRL, Mini-o3 cold start, Hugging Face parquet, problems or searches for verl), curves for TensorBoard, ' +
          'or the log of an evaluation as inspect_ai or lmms-eval writes it',
        [...exportTargets, 'tensorboard', ...logFormats],
      ),
    ),
    out: required(
      text('<folder>', 'where the set is written, empty or not there; curves and logs may be added to a folder'),
    ),
    pictures: oneOf(
      '<encoding>',
      'picture format: png is lossless, jpeg is smaller; none, for logs, needs no data',
      ['png', 'jpeg', 'none'],
      {
        fallback: 'png',
      },
    ),
  }),
  ...jsonOption,
}

type ExportOptions = Values<typeof exportOptions>

export function addExport(program: Command): void {
  addCommand(program, {
    name: 'export',
    summary: 'write training sets, curves for TensorBoard, or logs for inspect_ai and lmms-eval',
    description:
      'Writes the right searches of a collect or eval run as a training set. Instead of a run, a parquet file or folder ' +
      "of Mini-o3's cold-start layout can be given. With --to tensorboard: the curves of training runs and evaluations, of all " +
      'below the folder; repeat it to add what came since. With --to inspect or lmms-eval: every search of an evaluation, whatever became of it.',
    arguments: { '<run>': 'the run folder, or a cold-start set' },
    options: exportOptions,
    examples: [
      'mini-o3 export runs/collect --to sharegpt --out data/cold-start',
      'mini-o3 export runs/collect --to mini-o3 --out data/cold-start-parquet --pictures jpeg',
      'mini-o3 export Mini-o3-Coldstart-Dataset --to trl --out data/official-cold-start',
      'mini-o3 export runs/rl --to tensorboard --out runs/tensorboard',
      'mini-o3 export runs/eval --to inspect --out logs',
    ],
    run: (options, [source = ''], command) => exportCommand(source, options, command),
  })
}

async function exportCommand(source: string, options: ExportOptions, command: Command): Promise<void> {
  const { to, out } = options
  if (to === 'tensorboard') return curvesCommand(source, options, command)
  if (isOneOf(logFormats, to)) return logCommand(source, { ...options, to }, command)
  await checkFolder(out)
  const interrupt = catchInterrupt(() => say('Stopping. Partial output is removed; repeat the command to start again.'))
  try {
    const { rows, total } = await open(source, options, command)
    const progress = startProgress({ label: 'rows', total })
    const signal = interrupt.signal
    const summary = await exportSet({ rows, to, out, signal, onRow: () => progress.advance() })
    progress.finish()
    if (options.json) return printJson({ ...summary, to, out: resolve(out) })
    const { rows: written, images, bytes, files, leftOut } = summary
    print(`${written} rows with ${images} pictures, ${bytesText(bytes)} in ${files} files: ${out}`)
    const left = leftOutText(leftOut)
    if (left !== '') print(left)
  } finally {
    interrupt.release()
  }
}

async function curvesCommand(source: string, { out, json }: ExportOptions, command: Command): Promise<void> {
  refuseGiven(command, ofSearches, 'for training sets, and curves hold no searches: leave it out')
  const exported = await exportCurves(source, out)
  if (json) return printJson({ ...exported, to: 'tensorboard', out: resolve(out) })
  const { runs, scalars, written, bytes } = exported
  print(
    `${scalars} scalars of ${runs} ${runs === 1 ? 'run' : 'runs'}, ${bytesText(bytes)}, ${written} ${written === 1 ? 'file' : 'files'} written: ${out}`,
  )
}

async function logCommand(source: string, options: ExportLogOptions & ExportOptions, command: Command): Promise<void> {
  refuseGiven(command, ['all'], 'for training sets, and a log always has every search: export a set')
  if (options.to === 'lmms-eval')
    refuseGiven(command, ofMessages, 'for messages and pictures, which this log has not: use --to inspect')
  const interrupt = catchInterrupt(() =>
    say('Stopping. The partial log is removed; repeat the command to start again.'),
  )
  try {
    const { searches, failed, missing, files } = await exportLog(source, options, interrupt.signal)
    if (options.json) return printJson({ searches, failed, missing, to: options.to, files })
    const owed = missing > 0 ? `, ${missing} are still missing: repeat the command of the run` : ''
    print(
      `${searches} searches, of which ${failed} failed${owed}\n${files.map((file) => `Written: ${file}`).join('\n')}`,
    )
  } finally {
    interrupt.release()
  }
}

/** Options that say which searches of a run are exported, and how. */
const ofMessages = ['data', 'pictures', 'maxPixels', ...Object.keys(profileOptions)]
const ofSearches = ['all', 'asJudged', ...ofMessages]

interface Source {
  readonly rows: AsyncIterable<TrainingRow>
  readonly total: number
}

async function open(source: string, options: ExportOptions, command: Command): Promise<Source> {
  if (await isRun(source)) return openSearches(source, await readSearchedConfig(source), options)
  const runs = await runsIn(source)
  if (runs.length > 0) throw severalRuns(source, runs)
  refuseGiven(command, ofSearches, 'for the searches of a run, and a cold-start set is exported unchanged: name a run')
  return openColdStart(source)
}

async function openSearches(path: string, config: SearchedConfig, options: ExportOptions): Promise<Source> {
  const { pictures: encoding } = options
  if (encoding === 'none') {
    throw new UserError(
      'export-pictures',
      '--pictures none is for --to inspect: a training set has pictures, as png or jpeg.',
    )
  }
  if (config.control !== undefined) {
    const why = `${path} is a control (${config.control.name}): what its policy was shown instead of the pictures is not stored.`
    throw new UserError('export-control', `${why} Name the run that it controls.`)
  }
  // For a collection, its set, which may leave out right searches.
  const wholeSet = config.command === 'collect' && !options.all
  const { asJudged } = options
  const searches = wholeSet
    ? await readCollection(path, asJudged)
    : await readRightSearches(path, { all: options.all === true, asJudged })
  const rows = runRows(searches, { ...(await searchedUnder(path, config, options)), encoding })
  return { rows, total: searches.length }
}

async function openColdStart(path: string): Promise<Source> {
  const files = await coldStartFiles(path)
  let total = 0
  for (const file of files) total += await countParquetRows(file)
  async function* rows(): AsyncGenerator<TrainingRow, void> {
    for (const file of files) yield* readColdStart(file)
  }
  return { rows: rows(), total }
}
