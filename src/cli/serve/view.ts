/** `mini-o3 view`: serves the pages of one run, exports them as files, or draws one search as a figure. */
import { basename, dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { viewRoutes } from '../../server/api/run-routes.ts'
import { exportFigure } from '../../server/runs/export-figure.ts'
import { usualAnimationBytes } from '../../page/animation/write-animation.ts'
import { writeTryPage } from '../../page/try-page.ts'
import { shippedCheckpoint } from '../../policy/embedded/embedded-policy.ts'
import { exportDiff } from '../../server/runs/export-diff.ts'
import { checkSiteFolder, exportSite } from '../../server/runs/export-site.ts'
import { machineUser } from '../../runs/notes.ts'
import { isRun, readSettings } from '../../runs/configuration.ts'
import { UserError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { counted } from '../../shared/numbers.ts'
import { print, printJson, say } from '../print/output.ts'
import { hasLog } from '../../logs/find-logs.ts'
import { importLogs, logPicturesOption } from '../data/import.ts'
import { readFilter } from '../../protocol/filter/filter.ts'
import { listen, listenOptions } from './listen.ts'
import { makeSets } from './make-sets.ts'
import { addCommand } from '../options/command.ts'
import { inGroup, only, restrict, text, whole } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { authorOption, whereOption } from '../options/shared.ts'

interface Where {
  readonly export?: string
  readonly figure?: string
}

const viewOptions = {
  ...logPicturesOption,
  ...restrict(
    { ...listenOptions, ...inGroup('Output', authorOption) },
    only<Where>(
      (where) => where.export === undefined && where.figure === undefined,
      'for serving: leave out --export and --figure',
    ),
    ['json'],
  ),
  ...inGroup(
    'Output',
    restrict(
      whereOption,
      only<Where>(({ figure }) => figure === undefined, 'for the list of searches: leave out --figure'),
    ),
  ),
  ...inGroup('Output', {
    export: text(
      '<dir>',
      'write the pages to this folder: index.html and one page per problem; repeat the command to resume',
    ),
    ...restrict(
      {
        limit: whole('with --export: number of problems that get a page', { min: 1, fallback: 50 }),
        try: text(
          '<weights>',
          'with --export: also a page that searches scenes in the browser, and links to it; weights: shipped, or a .safetensors file',
        ),
      },
      only<Where>((where) => where.export !== undefined, 'for pages as files: add --export <dir>'),
    ),
    figure: text(
      '<file>',
      'write one search to this file: a figure (.svg, .png), an animation (.webp, .gif), or Markdown with its pictures (.md)',
    ),
    ...restrict(
      {
        problem: text('<id>', 'with --figure: id of the problem; not needed if the run has only one'),
        sample: whole('with --figure: which search of the problem, from 1', { min: 1, fallback: 1 }),
        maxBytes: whole('with --figure: largest size of an animation', { min: 10_000, fallback: usualAnimationBytes }),
      },
      only<Where>(({ figure }) => figure !== undefined, 'for a figure: add --figure'),
    ),
  }),
}

type ViewOptions = Values<typeof viewOptions>

export function addView(program: Command): void {
  addCommand(program, {
    name: 'view',
    summary: 'show a run: its searches, scores and curves; or compare two',
    description:
      'Serves the pages until Ctrl-C and prints the address of the run. With --export the run is ' +
      'written as a folder of pages that open as files or on any static host; with --figure one of its searches is written as a ' +
      'figure for a paper, a short animation, or Markdown. Nothing is served in these cases. Two runs are compared on their common problems.',
    arguments: { '<runs...>': 'a run folder, or a log of another program (see import); two of them to compare' },
    options: viewOptions,
    examples: [
      'mini-o3 view runs/eval-1a2b3c4d',
      'mini-o3 view runs/eval-1a2b3c4d --export site',
      'mini-o3 view runs/eval-1a2b3c4d --export site --try shipped',
      'mini-o3 view runs/eval-1a2b3c4d runs/eval-5e6f7a8b --export site',
      'mini-o3 view runs/eval-1a2b3c4d --figure search.svg --problem shapes_hard_17 --sample 2',
      'mini-o3 view runs/eval-1a2b3c4d --figure search.webp --problem shapes_hard_17',
    ],
    run: (options, [run = '', ...others]) => view(run, others, options),
  })
}

async function view(run: string, [other, ...more]: readonly string[], options: ViewOptions): Promise<void> {
  if (more.length > 0) throw new UserError('view-many', 'view shows one run, or compares two: leave the others out.')
  if (other !== undefined) return compare(run, other, options)
  const path = await runOrLog(run, options)
  if (options.figure !== undefined && options.export !== undefined) {
    throw new UserError('view-twice', '--figure cannot be used with --export: leave one of them out.')
  }
  if (options.figure !== undefined) return draw(path, options.figure, options)
  if (options.export !== undefined) return write(path, options.export, options)
  return show(path, ['run', basename(resolve(path))], options)
}

async function compare(first: string, second: string, options: ViewOptions): Promise<void> {
  if (options.figure !== undefined || options.where !== undefined || options.try !== undefined) {
    throw new UserError('view-one', '--figure, --where and --try are for one run: leave the second run out.')
  }
  const paths = [await runOrLog(first, options), await runOrLog(second, options)] as const
  const [a, b] = [resolve(paths[0]), resolve(paths[1])]
  if (a === b) throw new UserError('same-run', 'Both are the same run. Name two to compare them.')
  if (options.export !== undefined) return writeDiff([a, b], options.export, options)
  if (dirname(a) === dirname(b)) return show(a, ['diff', basename(a), basename(b)], options)
  throw new UserError(
    'two-folders',
    'The runs are in different folders, which cannot be served together. Write the comparison as files with --export <dir>.',
  )
}

/** The run folder; of a log of another program, the run that it is read into. */
async function runOrLog(path: string, { pictures, json }: ViewOptions): Promise<string> {
  if ((await isRun(path)) || !(await hasLog(path))) {
    await readSettings(path)
    return path
  }
  const [first, ...others] = await importLogs(path, {
    ...(pictures !== undefined && { pictures }),
    quiet: json === true,
  })
  if (first === undefined || others.length > 0) {
    const runs = [first, ...others].flatMap((one) => one?.run ?? [])
    throw new UserError(
      'several-logs',
      `${path} has several logs, which are now runs. View one of them: ${runs.slice(0, 8).join(', ')}.`,
    )
  }
  return first.run
}

/** Serves the run without opening a policy, since none is needed. */
async function show(run: string, page: readonly string[], options: ViewOptions): Promise<void> {
  const where = options.where === undefined ? undefined : readFilter(options.where).text
  const interrupt = catchInterrupt(() =>
    say('Closing after all responses are sent. Press Ctrl-C again to quit at once.'),
  )
  const path = resolve(run)
  const sets = makeSets(dirname(path), options.host, interrupt.signal)
  try {
    const routes = { ...viewRoutes(dirname(path), options.author && machineUser()), ...sets.routes }
    await listen(options, { routes, page, where, more: () => '' }, interrupt.signal)
  } finally {
    interrupt.release()
    await sets.close()
  }
}

async function draw(run: string, to: string, options: ViewOptions): Promise<void> {
  const { problem, sampleIndex, turns, verdict } = await exportFigure(run, to, options)
  if (options.json) printJson({ figure: resolve(to), problem, sample: sampleIndex + 1, turns, verdict })
  else print(`${problem}, sample ${sampleIndex + 1}, ${counted(turns, 'turn', 'turns')}, ${verdict}: ${resolve(to)}`)
}

const tryName = 'try.html'

async function write(run: string, to: string, options: ViewOptions): Promise<void> {
  const where = options.where === undefined ? undefined : readFilter(options.where)
  const weights = options.try === 'shipped' ? shippedCheckpoint : options.try
  await checkSiteFolder(to)
  // First, since the weights may be none of ours.
  if (weights !== undefined) await writeTryPage(join(to, tryName), weights)
  const tryPage = weights === undefined ? undefined : tryName
  const site = await untilInterrupt((signal) => exportSite(run, to, { limit: options.limit, where, tryPage, signal }))
  const { page, problems, searches } = site
  if (options.json) printJson({ page: resolve(page), problems, searches })
  else
    print(
      `${counted(searches, 'search', 'searches')} for ${counted(problems, 'problem', 'problems')}: ${resolve(page)}`,
    )
}

async function writeDiff(runs: readonly [string, string], to: string, options: ViewOptions): Promise<void> {
  await checkSiteFolder(to)
  const { page, common, flipped, problems } = await untilInterrupt((signal) =>
    exportDiff(runs, to, { limit: options.limit, signal }),
  )
  if (options.json) printJson({ page: resolve(page), common, flipped, problems })
  else
    print(`${flipped} of ${counted(common, 'problem', 'problems')} flipped, ${problems} have a page: ${resolve(page)}`)
}

async function untilInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = catchInterrupt(() => say('Stopping. Repeat the command to resume.'))
  try {
    return await work(interrupt.signal)
  } finally {
    interrupt.release()
  }
}
