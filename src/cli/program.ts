/** The commands of `mini-o3`, and its exit codes. */
import { Command } from 'commander'
import { addAsk } from './ask.ts'
import { addCollect } from './data/collect.ts'
import { addData } from './data/pull.ts'
import { addDemo } from './demo.ts'
import { addDoctor } from './doctor.ts'
import { addEval } from './eval/eval.ts'
import { addExport } from './data/export.ts'
import { addImport } from './data/import.ts'
import { addFork } from './fork.ts'
import { addJudge } from './eval/judge.ts'
import { addMcp } from './serve/mcp.ts'
import { addNote } from './note.ts'
import { addModels } from './models.ts'
import { addProbe } from './data/probe.ts'
import { addRecipe } from './recipe.ts'
import { addReport } from './eval/report.ts'
import { addRl } from './train/rl.ts'
import { addServe } from './serve/serve.ts'
import { addSft } from './train/sft.ts'
import { addTry } from './try.ts'
import { addView } from './serve/view.ts'
import { checkNamesBelow, withHelpTopics } from './options/help.ts'
import { asStarted } from './print/as-started.ts'
import { version } from '../shared/version.ts'

/** The meaning of each exit code. */
export const exitCodes: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'the command failed, or its printed result is incomplete; the message says what to do',
  2: 'the command line, a file or an address is invalid; nothing was changed',
  130: 'stopped by Ctrl-C; repeat the command to resume',
}

function exitCodesText(): string {
  return ['Exit codes:', ...Object.entries(exitCodes).map(([code, text]) => `  ${code.padEnd(3)}  ${text}`)].join('\n')
}

/** All commands. */
export function program(): Command {
  const root = new Command('mini-o3')
    .description(
      'Visual search by thinking with images: zoom into a picture, turn after turn, until the answer is legible.',
    )
    .version(version)
    // Options after a subcommand belong to it: eval and eval merge both have --run.
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows the options and examples)')
    .exitOverride()
    // An API key given to a mistyped option must not be echoed in the error.
    .configureOutput({
      writeOut: (text) => void process.stdout.write(asStarted(text)),
      outputError: (text, write) => write(asStarted(text.replace(/('--?[\w-]+)=[^']*/, '$1'))),
    })
  const examples = ['mini-o3 demo', 'mini-o3 ask scene.jpg "Which digit is on the red heart?"']
  root.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}\n\n${exitCodesText()}`)
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
    addImport,
    addServe,
    addTry,
    addView,
    addNote,
    addFork,
    addMcp,
    addData,
    addModels,
    addDoctor,
  ])
    add(root)
  addRecipe(root, (options) => program().parseAsync(options, { from: 'user' }))
  withHelpTopics(root)
  checkNamesBelow(root)
  return root
}
