/** Finds commands by name, for `mini-o3 help` and subcommands: an unknown one is an error that names the closest ones. */
import type { Command } from 'commander'
import { nearestNames } from '../../shared/nearest.ts'
import { UserError } from '../../shared/errors.ts'

/** Replaces commander's `help` command, which prints the general help for an unknown name. */
export function withHelpTopics(root: Command): void {
  root.helpCommand(false)
  root
    .command('help')
    .summary('show the options and examples of a command')
    .argument('[command...]', 'command name, for example ask or eval merge')
    .action((names: readonly string[]) => topic(root, names).outputHelp())
}

function topic(root: Command, names: readonly string[]): Command {
  let at = root
  for (const name of names) {
    const found = at.commands.find((below) => below.name() === name)
    if (found === undefined) throw unknownCommand(at, name)
    at = found
  }
  return at
}

/** A mistyped subcommand would otherwise be reported as an excess argument, or its options as unknown ones. */
export function checkNamesBelow(root: Command): void {
  root.hook('preSubcommand', (_, command) => {
    const [, word = '-'] = root.args
    if (command.commands.length === 0 || command.registeredArguments.length > 0 || word.startsWith('-')) return
    const known = ['help', ...command.commands.map((below) => below.name())]
    if (!known.includes(word)) throw unknownCommand(command, word)
  })
}

function unknownCommand(above: Command, name: string): UserError {
  const known = above.commands.map((below) => below.name())
  const of = above.parent === null ? '' : ` of ${above.name()}`
  const hint = known.length === 0 ? 'It has no subcommands.' : `Closest names: ${nearestNames(name, known).join(', ')}.`
  return new UserError('command-unknown', `There is no command "${name}"${of}. ${hint}`)
}
