/**
 * Builds a command from its schema: flags, grouped help, checks before the action runs. An option without effect, an empty value
 * and an option swallowed as a value are errors; `--debug` prints the causes of an error.
 */
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { UserError } from '../../shared/errors.ts'
import { applyConfig } from './config-file.ts'
import { flag, groups, inGroup } from './schema.ts'
import type { OptionSpec, OptionSpecs, Values } from './schema.ts'

export interface CommandSpec<Specs extends OptionSpecs> {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly description: string
  /** Positional arguments such as `<picture>`, with their help. */
  readonly arguments?: Readonly<Record<string, string>>
  readonly options: Specs
  readonly examples: readonly string[]
  /** Runs when the parent command is given without a subcommand. */
  readonly isDefault?: true
  /** `given`: the positional arguments in order. */
  run(values: Values<Specs>, given: readonly string[], command: Command): unknown
}

const debug = inGroup('Output', {
  debug: flag('print errors with their causes and stacks; same as MINI_O3_DEBUG=1'),
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
  command.allowExcessArguments(false)
  command.hook('preAction', (_, acting) => {
    if (acting !== command) return
    const { config } = command.opts<{ readonly config?: string }>()
    if (config !== undefined) applyConfig(command, config)
    checkEffects(command)
  })
  // Commander passes the positional arguments, then the values, then the command.
  return command.action(async (...all: readonly unknown[]) => {
    const given = all
      .slice(0, -2)
      .flat()
      .filter((word) => typeof word === 'string')
    await spec.run(command.opts(), given, command)
  })
}

/** What `commander` does not keep of an option, as long as its command is there. */
const specsOf = new WeakMap<Command, OptionSpecs>()

/** Adds the options to a command, group by group. */
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

/** Catches an unset shell variable (empty value) and a forgotten value (the next option is taken as the value). */
function checkValue(command: Command, long: string, value: string): void {
  if (value.trim() === '') throw new InvalidArgumentError('The value is empty.')
  const [name = ''] = value.split('=')
  const isOption = command.options.some((option) => option.long === name || option.short === name)
  if (/^--?[a-z]/i.test(name) && (isOption || ['--help', '-h'].includes(name))) {
    throw new InvalidArgumentError(`That is an option: the value of ${long} is missing.`)
  }
}

/** Throws `UserError` for given options that have no effect, naming all that the same rule refuses. */
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

/** Throws `UserError` if any of these options was given; for cases that only the action can detect. */
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

/** Whether the option is set on the command line or in a `--config` file. */
export function isGiven(command: Command, name: string): boolean {
  return ['cli', 'config'].includes(command.getOptionValueSource(name) ?? '')
}
