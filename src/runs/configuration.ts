/**
 * The configuration of a run, `config.json`: the options of the command (defined in `src/cli`) and everything else that affects its
 * results. A resume compares all of it, so a new setting need not be declared here. The schemas here cover only the settings that are
 * read back by reports, exports and merges. Settings that earlier versions did not write are optional.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { controlNames } from '../protocol/control.ts'
import { canonicalJson } from '../shared/canonical.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { isRecord } from '../shared/fields.ts'
import { parseJson } from '../shared/json.ts'
import { plainFile } from './plain-file.ts'

const count = z.int().positive()
const share = z.number().min(0).max(1)

const judge = z
  .looseObject({ name: z.string(), parser: z.string().optional(), promptsSha256: z.string().optional() })
  .optional()

/** The path of the problems, and the limits of the embedded policy. */
const searched = {
  data: z.string().optional(),
  viewSide: z.int().optional(),
  contextLimit: z.int().nullable().optional(),
}

/** Which right searches form the cold-start set. Absent limits do not apply. */
export const selectionRulesSchema = z
  .object({
    /** Number of trajectories in the set. */
    target: count.optional(),
    /** Largest share of searches that answer without a zoom. */
    maxSingleTurn: share.optional(),
    /** Largest share of searches that repeat an earlier one of the same problem. */
    maxDuplicates: share.optional(),
  })
  .readonly()

/** Schemas by command. */
export const configurations = {
  collect: z.looseObject({
    ...searched,
    selection: selectionRulesSchema.optional(),
    /** Of searches that were chosen from other runs: the command of these. */
    source: z.looseObject({ command: z.string().optional() }).optional(),
  }),
  eval: z.looseObject({
    ...searched,
    policy: z.string().optional(),
    /** Hash of the weights. */
    checkpoint: z.string().optional(),
    temperature: z.number().optional(),
    /** Sampling fields sent to the server, besides the temperature. */
    sampling: z.record(z.string(), z.number()).optional(),
    judge,
    samples: count,
    maxTurns: count,
    seed: z.int(),
    /** Hash of the profile. */
    profile: z.string().optional(),
    benchmark: z.string().default('visual-probe'),
    optionOrder: z.string().optional(),
    shard: z.object({ index: count, of: count }).optional(),
    /** How searches without a result count; absent: as wrong. */
    failures: z.enum(['wrong', 'left-out']).optional(),
    /** The share of searches, or from 1 on their number, above which failures stop the run. */
    failOnError: z.number().nonnegative().optional(),
    /** `profile`: hash of the profile before its pixels were bounded, equal for all runs of a sweep. */
    pixels: z.object({ max: count, profile: z.string() }).optional(),
    /** What was withheld or given away; `of`: identifies the evaluation that it is compared with. */
    control: z.object({ name: z.enum(controlNames), of: z.string() }).optional(),
    /** Description of the profile. */
    protocol: z
      .object({
        profile: z.string(),
        prompts: z.string().optional(),
        views: z.string(),
        coordinates: z.string(),
        answer: z.string(),
        /** How picture files were read, if not as displayed. */
        pictures: z.string().optional(),
        /** Tools beside zoom. */
        tools: z.string().optional(),
      })
      .optional(),
  }),
  judge: z.looseObject({ judge }),
} as const

type ReadCommand = keyof typeof configurations
export type Configuration<C extends ReadCommand> = z.infer<(typeof configurations)[C]>
const readable: { readonly [C in ReadCommand]: z.ZodType<Configuration<C>> } = configurations
/** A configuration of any command, including unknown ones. */
export type Settings = Readonly<Record<string, unknown>>

const anySettings = z.record(z.string(), z.unknown())
export const configurationName = 'config.json'
export const brokenCode = 'run-config-broken'
const mostBytes = 16 * 1024 ** 2

export function configurationFile(folder: string): string {
  return join(folder, configurationName)
}

export async function isRun(folder: string): Promise<boolean> {
  return (await plainFile(configurationFile(folder))) !== undefined
}

/** The names of the runs in a folder, such as those of a sweep, in numeric order. */
export async function runsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const runs: string[] = []
  for (const name of names.toSorted(new Intl.Collator('en', { numeric: true }).compare)) {
    if (await isRun(join(folder, name))) runs.push(name)
  }
  return runs
}

/** Names the runs in a folder that is none itself. */
export function severalRuns(folder: string, runs: readonly string[]): UserError {
  const which = runs.length === 1 ? 'a run. Name it' : 'several runs. Name one of them'
  return new UserError('several-runs', `${folder} holds ${which}: ${runs.slice(0, 8).join(', ')}.`)
}

/** The stored settings, parsed by `schema` if given. Throws `UserError` `run-not-found`, `several-runs` or `run-config-broken`. */
export async function readSettings(folder: string): Promise<Settings>
export async function readSettings<T>(folder: string, schema: z.ZodType<T>): Promise<T>
export async function readSettings(folder: string, schema: z.ZodType = anySettings): Promise<unknown> {
  const path = configurationFile(folder)
  const broken = (why: string, cause?: unknown): UserError =>
    new UserError(brokenCode, `${path} cannot be read: ${why}. Restore the file, or name another folder.`, { cause })
  const { size } = (await plainFile(path)) ?? {}
  if (size === undefined) {
    const runs = await runsIn(folder)
    if (runs.length > 0) throw severalRuns(folder, runs)
    throw new UserError(
      'run-not-found',
      `${folder} is not a run folder: it has no ${configurationName}. Name one, such as runs/demo.`,
    )
  }
  if (size > mostBytes) throw broken(`it has ${size} bytes`)
  try {
    return schema.parse(parseJson(await readFile(path, 'utf8')))
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : []
    throw broken(issue === undefined ? messageOf(cause) : `${issue.path.join('.') || 'it'}: ${issue.message}`, cause)
  }
}

/** The configuration of a run of `command`; the earliest runs do not name their command. Throws `UserError` for any other folder. */
export async function readConfiguration<C extends ReadCommand>(folder: string, command: C): Promise<Configuration<C>> {
  const { command: stored = command } = await readSettings(folder)
  if (stored === command) return readSettings(folder, readable[command])
  const why = `${folder} is a run of ${String(stored)}. Name the run folder of mini-o3 ${command}.`
  throw new UserError('run-of-other-command', why)
}

/** One line per setting in which a stored run differs from the requested one. */
export function differingSettings(stored: Settings, asked: object): string[] {
  // Through JSON, so that values that cannot be stored (undefined, class instances) do not count as differences.
  return differences(completed(stored), completed(anySettings.parse(JSON.parse(JSON.stringify(asked)))))
}

/** Throws for settings that a reader would reject: an internal error, detected before anything is written. */
export function checkSettings(settings: Settings): void {
  schemaOf(settings).parse(settings)
}

/** Adds the settings that earlier versions did not write. */
function completed(settings: Settings): Settings {
  return schemaOf(settings).safeParse(settings).data ?? settings
}

function schemaOf({ command }: Settings): z.ZodType<Settings> {
  return Object.entries(configurations).find(([name]) => name === command)?.[1] ?? anySettings
}

/** For example `train.steps: 100, now 200`. */
export function differences(before: unknown, after: unknown, name = ''): string[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return []
  if (!isRecord(before) || !isRecord(after)) return [`${name || 'all'}: ${brief(before)}, now ${brief(after)}`]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => differences(before[key], after[key], name === '' ? key : `${name}.${key}`))
}

function brief(value: unknown): string {
  const text = value === undefined ? 'not set' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}
