/** Options as data: value, help, default and restrictions of each. The types of the values are inferred. Pure. */
import { InvalidArgumentError } from 'commander'

/** Headings in the help of a command, in this order. */
export const groups = ['Problems', 'Search', 'Training', 'Server', 'Judge', 'Output'] as const
export type Group = (typeof groups)[number]

/** A restriction: giving the option where it has no effect is an error that says what it is for. */
export interface Only {
  hasEffect(values: unknown): boolean
  /** Purpose and fix, for example `for a model behind a server: add --policy chat:<model>`. */
  readonly purpose: string
}

export interface OptionSpec<Value = unknown> {
  readonly help: string
  /** Placeholder of the value, such as `<n>`; absent for a switch. */
  readonly takes?: string
  /** Throws `InvalidArgumentError`. */
  parse?(text: string, before: Value): Value
  readonly choices?: readonly string[]
  readonly fallback?: Value
  /** The default as shown in the help, if it differs from the value. */
  readonly fallbackText?: string
  readonly required?: true
  /** A switch that is on by default; the flag `--no-...` turns it off. */
  readonly turnsOff?: true
  /** Second name of the flag. */
  readonly alias?: string
  readonly group?: Group
  readonly only?: readonly Only[]
}

/** The options of a command by value name: `maxTurns` is `--max-turns`. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>

type ValueOf<Spec> = Spec extends OptionSpec<infer Value> ? Value : never
type Given<Specs, Wanted extends boolean> = {
  [Name in keyof Specs]: undefined extends ValueOf<Specs[Name]>
    ? Wanted extends true
      ? never
      : Name
    : Wanted extends true
      ? Name
      : never
}[keyof Specs]

/** The values passed to an action; an option without a default is absent unless it is set. */
export type Values<Specs> = { readonly [Name in Given<Specs, true>]: ValueOf<Specs[Name]> } & {
  readonly [Name in Given<Specs, false>]?: Exclude<ValueOf<Specs[Name]>, undefined>
}

interface Extra<Fallback> {
  readonly fallback?: Fallback
  readonly fallbackText?: string
  readonly alias?: string
}
/** Optional unless there is a default. */
type Maybe<Value, Fallback> = Value | (undefined extends Fallback ? undefined : never)

export function text<Fallback extends string | undefined = undefined>(
  takes: string,
  help: string,
  extra: Extra<Fallback> = {},
): OptionSpec<Maybe<string, Fallback>> {
  return { takes, help, ...(extra as Extra<Maybe<string, Fallback>>) }
}

/** A whole number of at least `min`. */
export function whole<Fallback extends number | undefined = undefined>(
  help: string,
  {
    min,
    max = Number.MAX_SAFE_INTEGER,
    takes = '<n>',
    ...extra
  }: Extra<Fallback> & Range & { readonly takes?: string },
): OptionSpec<Maybe<number, Fallback>> {
  const parse = (given: string): number => wholeNumber(given, min, max)
  return { takes, help, parse, ...(extra as Extra<Maybe<number, Fallback>>) }
}

/** A decimal number from `min` to `max`. */
export function decimal<Fallback extends number | undefined = undefined>(
  takes: string,
  help: string,
  { min, max, ...extra }: Extra<Fallback> & Required<Range>,
): OptionSpec<Maybe<number, Fallback>> {
  const parse = (given: string): number => {
    const value = Number(given)
    if (given.trim() === '' || !Number.isFinite(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It has to be a number from ${min} to ${max}.`)
    }
    return value
  }
  return { takes, help, parse, ...(extra as Extra<Maybe<number, Fallback>>) }
}

export function oneOf<const Choice extends string>(
  takes: string,
  help: string,
  choices: readonly Choice[],
  extra: Extra<NoInfer<Choice>> & { readonly fallback: NoInfer<Choice> },
): OptionSpec<Choice>
export function oneOf<const Choice extends string>(
  takes: string,
  help: string,
  choices: readonly Choice[],
  extra?: Omit<Extra<Choice>, 'fallback'>,
): OptionSpec<Choice | undefined>
export function oneOf(takes: string, help: string, choices: readonly string[], extra: Extra<string> = {}): OptionSpec {
  return { takes, help, choices, ...extra }
}

/** A switch, off by default. */
export function flag(help: string): OptionSpec<true | undefined> {
  return { help }
}

/** A switch, on by default, with the flag `--no-...`. */
export function turnedOff(help: string): OptionSpec<boolean> {
  return { help, turnsOff: true }
}

/** A value with its own parser; `parse` throws `InvalidArgumentError`. */
export function parsed<Value, Fallback extends Value | undefined = undefined>(
  takes: string,
  help: string,
  parse: (given: string, before: Value) => Value,
  extra: Extra<Fallback> = {},
): OptionSpec<Maybe<Value, Fallback>> {
  return {
    takes,
    help,
    parse: parse,
    ...(extra as Extra<Maybe<Value, Fallback>>),
  }
}

/** Makes an option mandatory. */
export function required<Value>(spec: OptionSpec<Value>): OptionSpec<Exclude<Value, undefined>> {
  return { ...(spec as OptionSpec<Exclude<Value, undefined>>), required: true }
}

/** A restriction that depends on the values of the other options of the command. */
export function only<Siblings>(hasEffect: (values: Siblings) => boolean, purpose: string): Only {
  return { hasEffect: (values) => hasEffect(values as Siblings), purpose }
}

/** The same options under a heading, with the restrictions `rules`. */
export function inGroup<Specs extends OptionSpecs>(group: Group, specs: Specs, ...rules: readonly Only[]): Specs {
  return mapSpecs(specs, (spec) => restricted({ ...spec, group }, rules))
}

/** The same options with one more restriction, except those in `but`. */
export function restrict<Specs extends OptionSpecs>(specs: Specs, rule: Only, but: readonly string[] = []): Specs {
  return mapSpecs(specs, (spec, name) => (but.includes(name) ? spec : restricted(spec, [rule])))
}

/** Only the values of these options, for example those stored in config.json. */
export function valuesOf<Specs extends OptionSpecs>(specs: Specs, values: Values<Specs>): Values<Specs> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(specs, name))) as Values<Specs>
}

export function restricted(spec: OptionSpec, rules: readonly Only[]): OptionSpec {
  return { ...spec, only: [...(spec.only ?? []), ...rules] }
}

export function mapSpecs<Specs extends OptionSpecs>(
  specs: Specs,
  change: (spec: OptionSpec, name: string) => OptionSpec,
): Specs {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, change(spec, name)])) as Specs
}

interface Range {
  readonly min: number
  readonly max?: number
}

function wholeNumber(given: string, min: number, max: number): number {
  const value = Number(given)
  if (/^[+-]?\d+$/.test(given) && value >= min && value <= max) return value
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`
  throw new InvalidArgumentError(`It has to be a whole number, ${range}.`)
}

/** Parses comma-separated whole numbers of at least 1; sorted, without duplicates. */
export function wholeNumbers(given: string): readonly number[] {
  const numbers = given.split(',').map((part) => wholeNumber(part.trim(), 1, Number.MAX_SAFE_INTEGER))
  return [...new Set(numbers)].toSorted((a, b) => a - b)
}
