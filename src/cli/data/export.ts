/** `mini-o3 export`: writes the searches of a run, or a cold-start set, in the formats of other trainers. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { coldStartFiles, readColdStart } from '../../coldstart/export/cold-start.ts'
import { exportSet, exportTargets } from '../../coldstart/export/export-set.ts'
import type { ExportSummary } from '../../coldstart/export/export-set.ts'
import type { TrainingRow } from '../../coldstart/export/training-row.ts'
import { checkFolder } from '../../coldstart/export/write-folder.ts'
import { readFilter } from '../../protocol/filter/filter.ts'
import { UserError } from '../../shared/errors.ts'
import { bytesText } from '../../shared/bytes.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { counted } from '../../shared/numbers.ts'
import { countParquetRows } from '../../shared/parquet-read.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Progress } from '../../shared/progress.ts'
import type { Encoding } from '../../vision/encode.ts'
import { addCommand, refuseGiven } from '../options/command.ts'
import { maxPixelsOption, profileOption, profileOptions } from '../options/profile.ts'
import { flag, inGroup, oneOf, required, text } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { isOneOf } from '../../shared/fields.ts'
import { asJudgedOption, dataOption, jsonOption, whereOption } from '../options/shared.ts'
import { print, printJson, say } from '../print/output.ts'
import { shellWord } from '../../shared/shell-word.ts'
import { exportCurves } from './export-curves.ts'
import { exportSpans } from './export-spans.ts'
import { exportLog, logFormats } from './export-log.ts'
import type { ExportLogOptions } from './export-log.ts'
import { exportSearches, setTargets, setTexts } from './export-searches.ts'
import type { SetProgress, WrittenSet } from './export-searches.ts'
import { isRun, runsIn, severalRuns } from '../../runs/configuration.ts'

const exportOptions = {
  ...inGroup('Problems', {
    ...dataOption('the problems that were searched (default: the path stored in the run)'),
    ...whereOption,
    all: flag('include searches without the right answer, and those that a collection left out of its set'),
    ...asJudgedOption,
    byHand: flag('also train on turns of forks that were written by hand (default: they are context without loss)'),
  }),
  ...profileOptions,
  ...inGroup('Search', profileOption('that of the run')),
  ...maxPixelsOption,
  ...inGroup('Output', {
    to: required(
      oneOf(
        '<format>',
        'a training set (for mini-o3 sft, LLaMA-Factory, TRL, Mini-o3 cold start, Hugging Face parquet, problems or searches for verl), curves for TensorBoard, ' +
          'the log of an evaluation as inspect_ai or lmms-eval writes it, or OpenTelemetry spans',
        [...setTargets, 'tensorboard', ...logFormats, 'otel'],
      ),
    ),
    out: required(
      text('<folder>', 'output folder: new or empty for a set; curves and logs can be added to an existing one'),
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
      'Writes the right searches of collect or eval runs as a training set; with --where, those that match. Instead of a run, a parquet file or folder ' +
      "of Mini-o3's cold-start layout can be given. With --to tensorboard: the curves of all training runs and evaluations " +
      'below the folder; repeat the command to add new points. With --to inspect or lmms-eval: every search of an evaluation, failed ones too.',
    arguments: { '<runs...>': 'run folders, or one cold-start set' },
    options: exportOptions,
    examples: [
      'mini-o3 export runs/collect --to sharegpt --out data/cold-start',
      "mini-o3 export runs/eval --where 'correct and turns > 6 and pattern:backtrack' --to collection --out runs/set",
      'mini-o3 export runs/collect --to mini-o3 --out data/cold-start-parquet --pictures jpeg',
      'mini-o3 export Mini-o3-Coldstart-Dataset --to trl --out data/official-cold-start',
      'mini-o3 export runs/rl --to tensorboard --out runs/tensorboard',
      'mini-o3 export runs/eval --to inspect --out logs',
      'mini-o3 export runs/eval --to otel --out traces',
    ],
    run: (options, sources, command) => exportCommand(sources, options, command),
  })
}

async function exportCommand(sources: readonly string[], options: ExportOptions, command: Command): Promise<void> {
  const [source = ''] = sources
  const { to, out } = options
  if (to === 'tensorboard' || to === 'otel' || isOneOf(logFormats, to)) {
    if (sources.length > 1) throw new UserError('export-one-run', `--to ${to} takes one run, not ${sources.length}.`)
    if (to === 'otel') return spansCommand(source, options, command)
    return to === 'tensorboard'
      ? curvesCommand(source, options, command)
      : logCommand(source, { ...options, to }, command)
  }
  const where = options.where === undefined ? undefined : readFilter(options.where)
  if (to === 'collection')
    refuseGiven(command, ['all'], 'for other formats, since sft only learns from right answers: use another --to')
  await checkFolder(out)
  const interrupt = catchInterrupt(() => say('Stopping. Partial output is removed; repeat the command to start again.'))
  let progress: Progress | undefined
  const told = {
    signal: interrupt.signal,
    onTotal: (total: number) => void (progress = startProgress({ label: 'rows', total })),
    onRow: () => progress?.advance(),
  }
  try {
    const written = (await areRuns(sources))
      ? await exportSearches(sources, { ...options, to, where, encoding: encodingOf(options) }, told)
      : await convertSet(source, { to, out }, told, command)
    progress?.finish()
    if (options.json) return printJson({ ...written, to, out: resolve(out) })
    printWritten(written, options)
  } finally {
    interrupt.release()
  }
}

function printWritten(written: ExportSummary & Partial<WrittenSet>, { to, out, where }: ExportOptions): void {
  const { matched = 0, of = 0 } = written
  if (where !== undefined) print(`${matched} of ${counted(of, 'search matches', 'searches match')} the filter.`)
  const [what, ...left] = setTexts(written, to)
  for (const line of [`${what}: ${out}`, ...left]) print(line)
  if (to === 'collection') print(`Train on it: mini-o3 sft --collection ${shellWord(out)}`)
}

function encodingOf({ pictures }: ExportOptions): Encoding {
  if (pictures !== 'none') return pictures
  throw new UserError(
    'export-pictures',
    '--pictures none is for --to inspect: a training set has pictures, as png or jpeg.',
  )
}

/** False for a single cold-start set. */
async function areRuns(sources: readonly string[]): Promise<boolean> {
  for (const source of sources) {
    if (await isRun(source)) continue
    const runs = await runsIn(source)
    if (runs.length > 0) throw severalRuns(source, runs)
    if (sources.length === 1) return false
    throw new UserError('run-not-found', `${source} is not a run folder. Of several, all have to be runs.`)
  }
  return true
}

async function convertSet(
  source: string,
  { to, out }: Pick<ExportOptions, 'to' | 'out'>,
  { signal, onTotal, onRow }: SetProgress,
  command: Command,
): Promise<ExportSummary> {
  refuseGiven(
    command,
    ofSearches,
    'for the searches of a run, since a cold-start set is exported unchanged: name a run',
  )
  if (!isOneOf(exportTargets, to)) {
    throw new UserError(
      'export-not-a-run',
      `${source} is not a run, and only the searches of runs become a collection.`,
    )
  }
  const { rows, total } = await openColdStart(source)
  onTotal(total)
  return exportSet({ rows, to, out, signal, onRow })
}

async function curvesCommand(source: string, { out, json }: ExportOptions, command: Command): Promise<void> {
  refuseGiven(command, ofSearches, 'for training sets, and curves hold no searches: leave it out')
  const exported = await exportCurves(source, out)
  for (const { run, why } of exported.unreadable) say(`Left out: ${run}: ${why}`)
  if (json) return printJson({ ...exported, to: 'tensorboard', out: resolve(out) })
  const { runs, scalars, written, bytes } = exported
  print(
    `${scalars} scalars of ${runs} ${runs === 1 ? 'run' : 'runs'}, ${bytesText(bytes)}, ${written} ${written === 1 ? 'file' : 'files'} written: ${out}`,
  )
}

async function spansCommand(source: string, { out, json }: ExportOptions, command: Command): Promise<void> {
  refuseGiven(command, ofSearches, 'for training sets and messages, and spans hold neither: leave it out')
  const interrupt = catchInterrupt(() => say('Stopping. The partial file is removed; repeat the command.'))
  try {
    const { searches, file } = await exportSpans(source, out, interrupt.signal)
    if (json) return printJson({ searches, to: 'otel', file })
    print(`The spans of ${counted(searches, 'search', 'searches')}: ${file}`)
  } finally {
    interrupt.release()
  }
}

async function logCommand(source: string, options: ExportLogOptions & ExportOptions, command: Command): Promise<void> {
  refuseGiven(command, ['all', 'where', 'byHand'], 'for training sets, and a log always has every search: export a set')
  if (options.to === 'lmms-eval')
    refuseGiven(command, ofMessages, 'for messages and pictures, which this log does not contain: use --to inspect')
  const interrupt = catchInterrupt(() =>
    say('Stopping. The partial log is removed; repeat the command to start again.'),
  )
  try {
    const { searches, failed, missing, files } = await exportLog(source, options, interrupt.signal)
    if (options.json) return printJson({ searches, failed, missing, to: options.to, files })
    const owed = missing > 0 ? `, ${missing} are still missing: repeat the command of the run` : ''
    print(
      `${counted(searches, 'search', 'searches')}, of which ${failed} failed${owed}\n${files.map((file) => `Written: ${file}`).join('\n')}`,
    )
  } finally {
    interrupt.release()
  }
}

/** Options that say which searches of a run are exported, and how. */
const ofMessages = ['data', 'pictures', 'maxPixels', ...Object.keys(profileOptions)]
const ofSearches = ['all', 'where', 'asJudged', 'byHand', ...ofMessages]

/** A parquet file or folder of the cold-start layout, in another format. */
async function openColdStart(
  path: string,
): Promise<{ readonly rows: AsyncIterable<TrainingRow>; readonly total: number }> {
  const files = await coldStartFiles(path)
  let total = 0
  for (const file of files) total += await countParquetRows(file)
  async function* rows(): AsyncGenerator<TrainingRow, void> {
    for (const file of files) yield* readColdStart(file)
  }
  return { rows: rows(), total }
}
