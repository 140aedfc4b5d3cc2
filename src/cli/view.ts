/** `mini-o3 view`: the pages on one run, or the run as files that open without a server. */
import { basename, dirname, resolve } from 'node:path'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { exportSite } from '../server/export-site.ts'
import { UserError } from '../shared/errors.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { print, printJson, say } from './output.ts'
import { serve, serveWords } from './serve.ts'
import type { ServeWords } from './serve.ts'
import { examples, wholeNumber } from './words.ts'

interface ViewWords extends Pick<ServeWords, 'host' | 'port' | 'json'> {
  readonly export?: string
  readonly limit: number
}

export function addView(program: Command): void {
  const command = program
    .command('view')
    .summary('look at a run: its searches, scores and curves')
    .description(
      'Serves the pages until Ctrl-C and prints the address of the run; open it in a browser. With --export the run is ' +
        'written as a folder of pages that open from a file or any static host, and nothing is served.',
    )
    .argument('<run>', 'a run folder')
    .option('--export <dir>', 'write the pages there: index.html, and one page for each problem')
    .option('--limit <n>', 'with --export, problems that get a page', wholeNumber(1), 50)
  serveWords(command)
  examples(command, 'mini-o3 view runs/eval-1a2b3c4d', 'mini-o3 view runs/eval-1a2b3c4d --export site')
  command.action(view)
}

async function view(run: string, words: ViewWords): Promise<void> {
  const found = await stat(resolve(run, 'config.json')).catch(() => undefined)
  if (!found?.isFile()) {
    throw new UserError(
      'run-not-found',
      `${run} is no run folder (it has no config.json). Name one, such as runs/demo.`,
    )
  }
  if (words.export === undefined) {
    const page = ['run', basename(resolve(run))]
    return serve({ ...words, runs: dirname(resolve(run)), policy: 'embedded', temperature: 0.3 }, page)
  }
  const interrupt = catchInterrupt(() => say('Stopping.'))
  try {
    const { page, problems, searches } = await exportSite(run, words.export, words.limit, interrupt.signal)
    if (words.json) printJson({ page: resolve(page), problems, searches })
    else print(`${searches} searches for ${problems} problems: ${resolve(page)}`)
  } finally {
    interrupt.release()
  }
}
