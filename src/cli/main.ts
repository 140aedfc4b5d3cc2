#!/usr/bin/env node
/** The program `mini-o3`. Exit 0: done; 1: the work failed; 2: the arguments are invalid; 130: stopped by Ctrl-C. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addAsk } from './ask.ts'
import { addCollect } from './data/collect.ts'
import { addDemo } from './demo.ts'
import { addDoctor } from './doctor.ts'
import { addEval } from './eval/eval.ts'
import { addExport } from './data/export.ts'
import { addJudge } from './eval/judge.ts'
import { addMcp } from './serve/mcp.ts'
import { report, say, showWarnings, tolerateClosedPipes } from './print/output.ts'
import { addProbe } from './data/probe.ts'
import { addRecipe } from './recipe.ts'
import { addReport } from './eval/report.ts'
import { addRl } from './train/rl.ts'
import { addServe } from './serve/serve.ts'
import { addSft } from './train/sft.ts'
import { addView } from './serve/view.ts'
import { withHelpTopics } from './words/help.ts'
import { strictly } from './words/strict.ts'
import { examples } from './words/common.ts'

function program(): Command {
  const root = new Command('mini-o3')
    .description(
      'Visual search by thinking with images: zoom into a picture, turn after turn, until the answer is legible.',
    )
    .version(
      (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version,
    )
    // Options behind a command are its own: eval and eval merge both have --run.
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows the options and examples)')
    .exitOverride()
    // A key that was given to an option that there is not would be echoed with it.
    .configureOutput({ outputError: (text, write) => write(text.replace(/('--?[\w-]+)=[^']*/, '$1')) })
  examples(root, 'mini-o3 demo', 'mini-o3 ask scene.jpg "Which digit is on the red heart?"')
  for (const add of [
    addDemo,
    addAsk,
    addProbe,
    addCollect,
    addSft,
    addRl,
    addEval,
    addReport,
    addJudge,
    addExport,
    addServe,
    addView,
    addMcp,
    addDoctor,
  ])
    add(root)
  addRecipe(root, (words) => program().parseAsync(words, { from: 'user' }))
  withHelpTopics(root)
  strictly(root)
  return root
}

/** Commander has said what was wrong already; help and version that were asked for are no error. */
function exitCode(error: unknown): number {
  if (!(error instanceof CommanderError)) return report(error)
  return error.exitCode === 0 ? 0 : 2
}

/** An error outside of what is awaited, such as in an event handler: nothing can be relied on after it. */
function endAtOnce(error: unknown): void {
  process.exit(report(error))
}

let settled = false
process.on('uncaughtException', endAtOnce)
process.on('unhandledRejection', endAtOnce)
// Only when nothing is left to wait for: a promise of the command can never settle then.
process.on('beforeExit', () => {
  if (settled) return
  settled = true
  const command = ['mini-o3', ...process.argv.slice(2, 3)].join(' ')
  say(
    `error: ${command} did not finish: it waits for something that can never come, which is a fault of the program. ` +
      'What is stored is kept: repeat the command to go on.',
  )
  process.exitCode = 1
})
tolerateClosedPipes()
showWarnings()
program()
  .parseAsync()
  .catch((error: unknown) => void (process.exitCode = exitCode(error)))
  .finally(() => (settled = true))
