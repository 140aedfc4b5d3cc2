/**
 * `--config`: a YAML file with a command's options under the command's name, or the name of a file in `configs/`.
 * Options on the command line take precedence; values are parsed exactly as if they had been typed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { parse } from 'yaml'
import { z } from 'zod'
import { messageOf, UserError } from '../../shared/errors.ts'
import { text } from './schema.ts'
import { whyNoYaml } from './why-no-yaml.ts'

const shippedFolder = fileURLToPath(new URL('../../../configs', import.meta.url))

const schema = z.record(z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))
type Values = z.infer<typeof schema>[string]

export const configOption = text(
  '<file>',
  `YAML file with options of this command, or a shipped configuration: ${shippedNames().join(', ')}`,
)

/** Applies the file to a command. Required options must still be on the command line. Throws `UserError`. */
export function applyConfig(command: Command, file: string): void {
  for (const [word, value] of Object.entries(readValues(file, command.name()))) {
    const option = command.options.find(({ long }) => long === `--${word}`)
    if (!option || word === 'config') {
      throw new UserError(
        'config-word',
        `${file}: ${command.name()} has no option --${word}. Remove it, or see --help.`,
      )
    }
    const name = option.attributeName()
    if (command.getOptionValueSource(name) === 'cli') continue
    command.setOptionValueWithSource(name, typed(command, option, value, file), 'config')
  }
}

function shippedNames(): string[] {
  return readdirSync(shippedFolder).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : []))
}

type Option = Command['options'][number]

function typed(command: Command, option: Option, value: Values[string], file: string): unknown {
  const wrong = (why: string): UserError =>
    new UserError('config-value', `${file}: ${option.long} ${String(value)} of ${command.name()} is invalid. ${why}`)
  if (option.isBoolean()) {
    if (typeof value === 'boolean') return value || undefined
    throw wrong('It has to be true or false.')
  }
  if (option.argChoices && !option.argChoices.includes(String(value))) {
    throw wrong(`It has to be one of ${option.argChoices.join(', ')}.`)
  }
  try {
    return option.parseArg ? option.parseArg(String(value), undefined) : String(value)
  } catch (error) {
    throw wrong(messageOf(error))
  }
}

function readValues(file: string, name: string): Values {
  const ships = shippedNames().includes(file) && !existsSync(file)
  let values: Values | undefined
  try {
    const yaml = readFileSync(ships ? join(shippedFolder, `${file}.yaml`) : file, 'utf8')
    values = schema.parse(parse(yaml, { maxAliasCount: 0 }))[name]
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it has to map command names to options' : whyNoYaml(cause)
    const others = existsSync(file) ? '' : ` Shipped configurations, which need no path: ${shippedNames().join(', ')}.`
    throw new UserError('config-unreadable', `--config ${file} cannot be read: ${why}.${others}`, { cause })
  }
  if (values !== undefined) return values
  throw new UserError(
    'config-unreadable',
    `--config ${file} has no settings for ${name}: add a top-level key "${name}:".`,
  )
}
