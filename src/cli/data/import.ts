/** `mini-o3 import`: reads logs of other programs as runs, which every other command then opens. */
import type { Command } from 'commander'
import { findLogs } from '../../logs/find-logs.ts'
import type { FoundLog } from '../../logs/find-logs.ts'
import { importLog, logIdentity } from '../../logs/import-log.ts'
import type { Imported } from '../../logs/import-log.ts'
import { UserError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { counted } from '../../shared/numbers.ts'
import { startProgress } from '../../shared/progress.ts'
import { inCommandRun } from '../command-run.ts'
import { addCommand } from '../options/command.ts'
import { inGroup, text } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { jsonOption } from '../options/shared.ts'
import { print, printJson, say } from '../print/output.ts'

/** For `view`, too. */
export const logPicturesOption = inGroup('Problems', {
  pictures: text('<folder>', 'folder with the pictures, at any depth, for a log that only names them'),
})

const importOptions = {
  ...logPicturesOption,
  ...inGroup('Output', {
    run: text('<folder>', 'run folder for the searches of a single log', {
      fallbackText: 'runs/import-<hash of the log>',
    }),
  }),
  ...jsonOption,
}

export function addImport(program: Command): void {
  addCommand(program, {
    name: 'import',
    summary: 'read logs of inspect_ai, verifiers, DeepEyes and verl as runs',
    description:
      'Reads a log of another program into a run folder, for the pages of view, notes, comparisons and exports. A folder ' +
      'with several logs gives a run for each. Pictures that a log embeds are stored once, by their hash; nothing is fetched. ' +
      'mini-o3 view <log> does the same and opens the run.',
    arguments: { '<log>': 'an .eval, .json or .jsonl file, or a folder with such files' },
    options: importOptions,
    examples: [
      'mini-o3 import logs/2026-11-29T10-40-20_digits_9Qwun7HC.eval',
      'mini-o3 import result_direct_attributes_deepeyes_acc.jsonl --pictures vstar_bench',
      'mini-o3 import outputs/evals/zoom--qwen/1a2b3c4d --run runs/zoom',
    ],
    run: (options, [log = '']) => importCommand(log, options),
  })
}

async function importCommand(path: string, { json, ...options }: Values<typeof importOptions>): Promise<void> {
  const imported = await importLogs(path, { ...options, quiet: json === true })
  if (json) printJson({ runs: imported.map(({ run, from, result }) => ({ run, from, ...result })) })
}

interface ImportedRun {
  readonly run: string
  readonly from: string
  readonly result: Imported
}

interface ImportLogsOptions {
  readonly run?: string
  readonly pictures?: string
  /** Whether what was read goes to stderr, since stdout is for JSON. */
  readonly quiet?: boolean
}

/** Prints what was read of each log, and what was not. Throws `UserError` if a log has nothing that can be read. */
export async function importLogs(path: string, options: ImportLogsOptions): Promise<ImportedRun[]> {
  const logs = await findLogs(path)
  if (options.run !== undefined && logs.length > 1) {
    throw new UserError(
      'several-logs',
      `${path} has ${logs.length} logs, and --run is for one: name the log, or leave --run out.`,
    )
  }
  const interrupt = catchInterrupt(() => say('Stopping. Repeat the command to resume.'))
  try {
    const imported: ImportedRun[] = []
    for (const log of logs) imported.push(await importOne(log, options, interrupt.signal))
    return imported
  } finally {
    interrupt.release()
  }
}

async function importOne(
  found: FoundLog,
  { run: folder, pictures, quiet }: ImportLogsOptions,
  signal: AbortSignal,
): Promise<ImportedRun> {
  const log = await found.open()
  const { kind: from, task, model: policy } = log
  const source = await logIdentity(found.files)
  const settings = {
    from,
    task,
    policy,
    log: source,
    ...(pictures !== undefined && { pictures }),
    logged: log.settings,
  }
  const progress = startProgress({ label: 'searches' })
  const result = await inCommandRun('import', settings, folder, async (run) => {
    const result = await importLog(log, run, { pictures, signal, onSample: () => progress.advance() })
    if (result.searches === 0) throw nothingIn(source.name, result)
    return { result, path: run.path }
  })
  progress.finish()
  const tell = quiet ? say : print
  tell(`${source.name}, a log of ${from}: ${resultText(result.result)}: ${result.path}`)
  return { run: result.path, from, result: result.result }
}

function nothingIn(name: string, { examples }: Imported): UserError {
  const why = examples.length > 0 ? `no sample of it can be read (${examples.join('; ')})` : 'it has no samples'
  return new UserError('log-empty', `${name} cannot be shown: ${why}.`)
}

function resultText({ searches, unread, examples, noPicture, boxes }: Imported): string {
  const { assumed } = boxes
  return [
    counted(searches, 'search', 'searches'),
    ...(unread > 0 ? [`${unread} samples cannot be read (${examples.join('; ')})`] : []),
    ...(noPicture > 0 ? [`${noPicture} without a picture in the log: name its folder with --pictures`] : []),
    ...(assumed > 0 ? [`the unit of ${assumed} boxes is assumed, since no crops show it`] : []),
  ].join(', ')
}
