/** The words that commands share, and how numbers among them are read. Wrong ones end with exit code 2. */
import { availableParallelism } from 'node:os'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

/** Parses a whole number of at least `low`. */
export function wholeNumber(low: number, high: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^[+-]?\d+$/.test(text) || value < low || value > high) {
      const range = high === Number.MAX_SAFE_INTEGER ? `${low} or more` : `${low} to ${high}`
      throw new InvalidArgumentError(`It has to be a whole number, ${range}.`)
    }
    return value
  }
}

/** Parses whole numbers of at least 1, separated by commas: each once, the smallest first. */
export function wholeNumbers(text: string): readonly number[] {
  const parse = wholeNumber(1)
  return [...new Set(text.split(',').map((part) => parse(part.trim())))].toSorted((a, b) => a - b)
}

/** Parses a decimal number of at least `low`. */
export function decimalNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high) {
      throw new InvalidArgumentError(`It has to be a number from ${low} to ${high}.`)
    }
    return value
  }
}

export interface CommonOptions {
  readonly seed: number
  readonly run?: string
  readonly json?: true
}

/** `--seed` and `--json`, the same for every command. */
export function seedAndJson(command: Command, seed = 0): Command {
  return command
    .option('--seed <number>', 'the same seed gives the same result', wholeNumber(0, 2 ** 31 - 1), seed)
    .option('--json', 'print one JSON document on stdout, and everything else on stderr')
}

/** The same with `--run`, for commands that work in a run folder. */
export function commonOptions(command: Command, seed = 0): Command {
  return seedAndJson(command, seed).option(
    '--run <folder>',
    'where everything is kept (default: runs/<command>-<hash of the settings>)',
  )
}

/** `--workers` of training: a setting, since sums over a batch are added up worker by worker. */
export function workersOption(command: Command): Command {
  const own = Math.min(8, availableParallelism())
  return command.option(
    '--workers <n>',
    'worker threads; another number gives other roundings',
    wholeNumber(1, 64),
    own,
  )
}

export function choice(options: string, what: string, choices: readonly string[]): Option {
  return new Option(options, what).choices(choices)
}

/** Examples at the end of a command's help. */
export function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`)
}
