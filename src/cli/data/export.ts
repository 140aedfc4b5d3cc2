/** `mini-o3 export`: searches of a run, or a cold-start set, as a training set for other trainers. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { coldStartFiles, readColdStart } from '../../coldstart/export/cold-start.ts'
import { checkFolder, exportSet, exportTargets, leftOutText } from '../../coldstart/export/export-set.ts'
import type { ExportTarget } from '../../coldstart/export/export-set.ts'
import { readSearches, runRows } from '../../coldstart/export/run-rows.ts'
import type { TrainingRow } from '../../coldstart/export/training-row.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { countParquetRows } from '../../shared/parquet-read.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Encoding } from '../../vision/encode.ts'
import { maxPixelsOption, profileOptions } from '../options/choose-profile.ts'
import type { ProfileOptions } from '../options/choose-profile.ts'
import { print, printJson, say } from '../print/output.ts'
import { readCollection } from './read-collection.ts'
import { isRun } from '../../runs/configuration.ts'
import { readSearchedConfig, searchedUnder } from './searched-under.ts'
import type { SearchedConfig } from './searched-under.ts'
import { refuseGiven } from '../options/strict.ts'
import { choice, examples } from '../options/common.ts'

interface ExportOptions extends ProfileOptions {
  readonly to: ExportTarget
  readonly out: string
  readonly all?: true
  readonly data?: string
  readonly pictures: Encoding
  readonly json?: true
}

export function addExport(program: Command): void {
  const command = program
    .command('export')
    .summary('write training sets for other trainers')
    .description(
      'Writes the right searches of a collect or eval run as a training set. In place of a run, a parquet file or folder ' +
        "of Mini-o3's cold-start layout can be given.",
    )
    .argument('<run>', 'the run folder, or a cold-start set')
    .addOption(
      choice(
        '--to <format>',
        'LLaMA-Factory, TRL, Mini-o3 cold start, Hugging Face parquet, or problems for verl',
        exportTargets,
      ).makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'where the set is written; empty or not there')
    .option('--all', 'also searches without the right answer, and what the set of a collection leaves out')
    .option('--data <path>', 'the problems that were searched (default: where the run read them)')
    .addOption(
      choice('--pictures <encoding>', 'png keeps every pixel, jpeg is smaller', ['png', 'jpeg']).default('png'),
    )
    .option('--json', 'print one JSON document on stdout, and everything else on stderr')
  maxPixelsOption(profileOptions(command))
  examples(
    command,
    'mini-o3 export runs/collect --to sharegpt --out data/cold-start',
    'mini-o3 export runs/collect --to mini-o3 --out data/cold-start-parquet --pictures jpeg',
    'mini-o3 export Mini-o3-Coldstart-Dataset --to trl --out data/official-cold-start',
  )
  command.action(exportCommand)
}

async function exportCommand(source: string, options: ExportOptions, command: Command): Promise<void> {
  const { to, out } = options
  await checkFolder(out)
  const interrupt = catchInterrupt(() => say('Stopping. Nothing is left behind; repeat the command to start again.'))
  try {
    const { rows, total } = await open(source, options, command)
    const progress = startProgress({ label: 'rows', total })
    const signal = interrupt.signal
    const summary = await exportSet({ rows, to, out, signal, onRow: () => progress.advance() })
    progress.finish()
    if (options.json) return printJson({ ...summary, to, out: resolve(out) })
    const { rows: written, images, bytes, files, leftOut } = summary
    print(`${written} rows with ${images} pictures, ${size(bytes)} in ${files} files: ${out}`)
    const left = leftOutText(leftOut)
    if (left !== '') print(left)
  } finally {
    interrupt.release()
  }
}

interface Source {
  readonly rows: AsyncIterable<TrainingRow>
  readonly total: number
}

async function open(source: string, options: ExportOptions, command: Command): Promise<Source> {
  if (await isRun(source)) return openSearches(source, await readSearchedConfig(source), options)
  const ofRuns = ['all', 'data', 'pictures', 'profile', 'prompts', 'coordinates', 'max-images', 'max-pixels']
  refuseGiven(command, ofRuns, 'for the searches of a run, and a cold-start set is taken as it is: name a run')
  return openColdStart(source)
}

async function openSearches(path: string, config: SearchedConfig, options: ExportOptions): Promise<Source> {
  // Of a collection its set, which may leave right searches out.
  const wholeSet = config.command === 'collect' && !options.all
  const searches = wholeSet ? await readCollection(path) : await readSearches(path, { all: options.all === true })
  const rows = runRows(searches, { ...(await searchedUnder(path, config, options)), encoding: options.pictures })
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

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toPrecision(3)} MB`
}
