/** `mini-o3 help <command>`: an unknown command is an error that names the nearest ones. */
import type { Command } from 'commander'
import { nearestNames } from '../../endpoint/nearest.ts'
import { UserError } from '../../shared/errors.ts'

/** Replaces the `help` of the program, which shows the help of all for a name that it does not know. */
export function withHelpTopics(root: Command): void {
  root.helpCommand(false)
  root
    .command('help')
    .summary('show the options and examples of a command')
    .argument('[command...]', 'such as ask, or eval merge')
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

export function unknownCommand(above: Command, name: string): UserError {
  const known = above.commands.map((below) => below.name())
  const of = above.parent === null ? '' : ` of ${above.name()}`
  const hint = known.length === 0 ? 'It has none.' : `The nearest: ${nearestNames(name, known).join(', ')}.`
  return new UserError('help-topic-unknown', `There is no command "${name}"${of}. ${hint}`)
}
