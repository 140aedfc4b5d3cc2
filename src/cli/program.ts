/** The commands of `mini-o3`, and its exit codes. */
import { Command } from 'commander'
import { checkNamesBelow, withHelpTopics } from './options/help.ts'
import { asStarted } from './print/as-started.ts'
import { version } from '../shared/version.ts'

/** The meaning of each exit code. */
export const exitCodes: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'the command failed, or its printed result is incomplete; the message says what to do',
  2: 'the command line, a file, an address or a key is invalid; the message says what to change',
  130: 'stopped by Ctrl-C; repeat the command to resume',
}

function exitCodesText(): string {
  return ['Exit codes:', ...Object.entries(exitCodes).map(([code, text]) => `  ${code.padEnd(3)}  ${text}`)].join('\n')
}

type Load = () => Promise<(root: Command) => void>

/** Adds each command to the program, in the order in which help lists them. Loading the code of all of them takes most of a second. */
const commands: Readonly<Record<string, Load>> = {
  demo: async () => (await import('./demo.ts')).addDemo,
  ask: async () => (await import('./ask.ts')).addAsk,
  probe: async () => (await import('./data/probe.ts')).addProbe,
  collect: async () => (await import('./data/collect.ts')).addCollect,
  sft: async () => (await import('./train/sft.ts')).addSft,
  rl: async () => (await import('./train/rl.ts')).addRl,
  eval: async () => (await import('./eval/eval.ts')).addEval,
  report: async () => (await import('./eval/report.ts')).addReport,
  judge: async () => (await import('./eval/judge.ts')).addJudge,
  export: async () => (await import('./data/export.ts')).addExport,
  import: async () => (await import('./data/import.ts')).addImport,
  serve: async () => (await import('./serve/serve.ts')).addServe,
  try: async () => (await import('./try.ts')).addTry,
  view: async () => (await import('./serve/view.ts')).addView,
  note: async () => (await import('./note.ts')).addNote,
  fork: async () => (await import('./fork.ts')).addFork,
  mcp: async () => (await import('./serve/mcp.ts')).addMcp,
  data: async () => (await import('./data/pull.ts')).addData,
  models: async () => (await import('./models.ts')).addModels,
  doctor: async () => (await import('./doctor.ts')).addDoctor,
  async recipe() {
    const { addRecipe } = await import('./recipe.ts')
    return (root) => addRecipe(root, async (words) => (await program(words)).parseAsync(words, { from: 'user' }))
  },
}

function loadersFor(word: string | undefined): Load[] {
  if (word === '--version' || word === '-V') return []
  const named = Object.entries(commands).find(([name]) => name === word)
  return named === undefined ? Object.values(commands) : [named[1]]
}

/** Defines the command that `words` begin with; none if they ask for the version, and all if they begin with something else. */
export async function program(words: readonly string[] = []): Promise<Command> {
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
  for (const add of await Promise.all(loadersFor(words[0]).map((load) => load()))) add(root)
  withHelpTopics(root)
  checkNamesBelow(root)
  return root
}
