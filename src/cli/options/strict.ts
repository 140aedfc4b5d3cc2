/**
 * What holds for the options of every command: none is given without effect, none is empty or swallows another one, and
 * `--debug` tells what caused an error.
 */
import { InvalidArgumentError } from 'commander'
import type { Command, Option } from 'commander'
import { UserError } from '../../shared/errors.ts'
import { tellCauses } from '../print/output.ts'

interface Rule {
  /** Names of options as the command line writes them, without dashes. */
  readonly names: readonly string[]
  readonly hasEffect: (values: never) => boolean
  /** What they are for, and the fix, such as `for a model behind a server: add --policy chat:<model>`. */
  readonly purpose: string
}

const rules = new WeakMap<Command, Rule[]>()

/** From here on, giving one of these options where it has no effect is an error that names them and says what they are for. */
export function onlyWhere<Values>(
  command: Command,
  names: readonly string[],
  hasEffect: (values: Values) => boolean,
  purpose: string,
): Command {
  rules.set(command, [...(rules.get(command) ?? []), { names, hasEffect, purpose }])
  return command
}

/** Throws `UserError` for options that were given and have no effect. */
export function checkEffects(command: Command): void {
  const values = command.opts() as never
  const useless = (rules.get(command) ?? []).filter(({ hasEffect }) => !hasEffect(values))
  for (const { purpose } of useless) {
    // Several rules may have one purpose: all that they refuse is named at once.
    const alike = useless.filter((rule) => rule.purpose === purpose)
    refuseGiven(
      command,
      alike.flatMap(({ names }) => names),
      purpose,
    )
  }
}

/** Throws `UserError` if any of these options was given: what makes them useless is known only now. */
export function refuseGiven(command: Command, options: readonly string[], purpose: string): void {
  const names = options.filter((name) => isGiven(command, name)).map((name) => `--${name}`)
  if (names.length === 0) return
  const many = names.length > 1
  throw new UserError(
    'option-unused',
    `${names.join(', ')} ${many ? 'have' : 'has'} no effect here: ${many ? 'they are' : 'it is'} ${purpose}, or leave ` +
      `${many ? 'them' : 'it'} out.`,
  )
}

/** Whether it stands on the command line or in a `--config`. */
function isGiven(command: Command, name: string): boolean {
  const option = command.options.find(({ long }) => long === `--${name}`)
  if (option === undefined) return false
  return ['cli', 'config'].includes(command.getOptionValueSource(option.attributeName()) ?? '')
}

/** Applies to the command and all below it. To be called when all their options are there. */
export function strictly(command: Command): void {
  for (const option of command.options) if (option.required) refuseOddValues(command, option)
  if (command.parent !== null && command.commands.length === 0) {
    command.option('--debug', 'of an error, tell everything that caused it, too; MINI_O3_DEBUG=1 does the same')
    command.on('option:debug', tellCauses)
  }
  command.hook('preAction', (_, acting) => {
    if (acting === command) checkEffects(command)
  })
  for (const below of command.commands) strictly(below)
}

/** An unset variable of a shell leaves an empty value, and a forgotten value takes the next option in its place. */
function refuseOddValues(command: Command, option: Option): void {
  const { parseArg } = option
  option.argParser((text: string, before: unknown) => {
    if (text.trim() === '') throw new InvalidArgumentError('It is empty.')
    if (/^--?[a-z]/i.test(text) && isOption(command, text)) {
      throw new InvalidArgumentError(`That is an option: ${option.long} lacks its value.`)
    }
    return parseArg === undefined ? text : parseArg(text, before as never)
  })
}

function isOption(command: Command, text: string): boolean {
  const [name] = text.split('=')
  return command.options.some(({ long, short }) => long === name || short === name) || ['--help', '-h'].includes(name!)
}
