/**
 * A command from its schema: flags, help in groups, checks before it acts. No option is given without effect, none is empty or
 * swallows another one, and `--debug` tells what caused an error.
 */
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { UserError } from '../../shared/errors.ts'
import { tellCauses } from '../print/output.ts'
import { applyConfig } from './config-file.ts'
import { unknownCommand } from './help.ts'
import { flag, groups, inGroup } from './schema.ts'
import type { OptionSpec, OptionSpecs, Values } from './schema.ts'

export interface CommandSpec<Specs extends OptionSpecs> {
  readonly name: string
  /** For the list of all commands. */
  readonly summary: string
  readonly description: string
  /** What stands behind the command, such as `<picture>`, with its help. */
  readonly arguments?: Readonly<Record<string, string>>
  readonly options: Specs
  readonly examples: readonly string[]
  /** Runs where the command above it is given alone. */
  readonly isDefault?: true
  /** `given`: the arguments in their order. */
  run(values: Values<Specs>, given: readonly string[], command: Command): unknown
}

const debug = inGroup('Output', {
  debug: flag('with an error, print everything that caused it; MINI_O3_DEBUG=1 does the same'),
})

export function addCommand<Specs extends OptionSpecs>(parent: Command, spec: CommandSpec<Specs>): Command {
  const command = parent
    .command(spec.name, { isDefault: spec.isDefault === true })
    .summary(spec.summary)
    .description(spec.description)
  for (const [form, help] of Object.entries(spec.arguments ?? {})) command.argument(form, help)
  addOptions(command, { ...spec.options, ...debug })
  command.addHelpOption(new Option('-h, --help', 'print this help').helpGroup('Output:'))
  command.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  $ ${line}`).join('\n')}`)
  command.on('option:debug', tellCauses)
  // A mistyped name falls to the default command, which would count it among its arguments.
  command.allowExcessArguments(spec.isDefault === true)
  command.hook('preAction', (_, acting) => {
    if (acting !== command) return
    const [stray] = spec.isDefault ? command.args : []
    if (stray !== undefined) throw unknownCommand(parent, stray)
    const { config } = command.opts<{ readonly config?: string }>()
    if (config !== undefined) applyConfig(command, config)
    checkEffects(command)
  })
  // What commander hands on: the arguments, the values, the command.
  return command.action(async (...all: readonly unknown[]) => {
    const given = all.slice(0, -2).flat() as string[]
    await spec.run(command.opts(), given, command)
  })
}

const specsOf = new WeakMap<Command, OptionSpecs>()

/** Gives a command the options, heading by heading. */
export function addOptions(command: Command, specs: OptionSpecs): Command {
  specsOf.set(command, specs)
  const place = ([, { group = 'Output' }]: readonly [string, OptionSpec]): number => groups.indexOf(group)
  for (const [name, spec] of Object.entries(specs).toSorted((a, b) => place(a) - place(b))) {
    command.addOption(optionOf(command, name, spec))
  }
  return command
}

function optionOf(command: Command, name: string, spec: OptionSpec): Option {
  const { takes, help, choices, fallback, fallbackText, alias, turnsOff, group = 'Output' } = spec
  const long = `--${turnsOff ? 'no-' : ''}${flagName(name)}`
  const option = new Option([alias && `--${alias}, `, long, takes && ` ${takes}`].filter(Boolean).join(''), help)
  option.helpGroup(`${group}:`)
  if (choices) option.choices(choices)
  if (fallback !== undefined) option.default(fallback, fallbackText)
  else if (fallbackText !== undefined) option.description = `${help} (default: ${fallbackText})`
  if (spec.required) option.makeOptionMandatory()
  const { parseArg } = option
  if (takes !== undefined) {
    option.argParser((text: string, before: unknown) => {
      checkValue(command, long, text)
      if (spec.parse) return spec.parse(text, before)
      return parseArg ? parseArg(text, before) : text
    })
  }
  return option
}

function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** An unset variable of a shell leaves an empty value, and a forgotten value takes the next option in its place. */
function checkValue(command: Command, long: string, value: string): void {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.')
  const [name = ''] = value.split('=')
  const isOption = command.options.some((option) => option.long === name || option.short === name)
  if (/^--?[a-z]/i.test(name) && (isOption || ['--help', '-h'].includes(name))) {
    throw new InvalidArgumentError(`That is an option: ${long} lacks its value.`)
  }
}

/** Throws `UserError` for options that were given and have no effect: all that one rule refuses at once. */
export function checkEffects(command: Command): void {
  const values = command.opts()
  const refused = Object.entries(specsOf.get(command) ?? {}).flatMap(([name, { only = [] }]) => {
    const rule = isGiven(command, name) ? only.find((one) => !one.hasEffect(values)) : undefined
    return rule ? [{ name, purpose: rule.purpose }] : []
  })
  const [first] = refused
  if (first === undefined) return
  const alike = refused.filter(({ purpose }) => purpose === first.purpose)
  refuse(
    alike.map(({ name }) => name),
    first.purpose,
  )
}

/** Throws `UserError` if any of these options was given: what makes them useless is known only now. */
export function refuseGiven(command: Command, names: readonly string[], purpose: string): void {
  const given = names.filter((name) => isGiven(command, name))
  if (given.length > 0) refuse(given, purpose)
}

function refuse(names: readonly string[], purpose: string): never {
  const many = names.length > 1
  throw new UserError(
    'option-unused',
    `${names.map((name) => `--${flagName(name)}`).join(', ')} ${many ? 'have' : 'has'} no effect here: ` +
      `${many ? 'they are' : 'it is'} ${purpose}, or leave ${many ? 'them' : 'it'} out.`,
  )
}

/** Whether it stands on the command line or in a `--config`. */
export function isGiven(command: Command, name: string): boolean {
  return ['cli', 'config'].includes(command.getOptionValueSource(name) ?? '')
}
