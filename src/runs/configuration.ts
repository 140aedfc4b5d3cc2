/**
 * The configuration of a run, `config.json`: what a command was asked for, as its options are described in `src/cli`, and what else
 * decides its results. Stored whole, and compared whole by a resume, so a new setting is described nowhere else. The schemas here are of
 * the settings that are read back: by reports, exports, merges. What earlier versions did not write is optional in them.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { canonicalJson } from '../shared/canonical.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { parseJson } from '../shared/json.ts'
import { plainFile } from './plain-file.ts'

const count = z.int().positive()
const share = z.number().min(0).max(1)

const judge = z
  .looseObject({ name: z.string(), parser: z.string().optional(), promptsSha256: z.string().optional() })
  .optional()

/** Where the problems of a run are, and the limits that the embedded policy had. */
const searched = {
  data: z.string().optional(),
  viewSide: z.int().optional(),
  contextLimit: z.int().nullable().optional(),
}

/** Which right searches make a cold-start set. Absent: no limit. */
export const selectionRulesSchema = z
  .object({
    /** Trajectories in the set. */
    target: count.optional(),
    /** Largest share of the set that answered without a zoom. */
    maxSingleTurn: share.optional(),
    /** Largest share that repeats an earlier search for the same problem. */
    maxDuplicates: share.optional(),
  })
  .readonly()

/** By command. */
export const configurations = {
  collect: z.looseObject({ ...searched, selection: selectionRulesSchema.optional() }),
  eval: z.looseObject({
    ...searched,
    policy: z.string().optional(),
    /** Hash of the weights. */
    checkpoint: z.string().optional(),
    temperature: z.number().optional(),
    /** Fields beside the temperature that the server was sent. */
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
    /** `profile`: the hash of the profile before its pixels were bounded, the same for all runs of a sweep. */
    pixels: z.object({ max: count, profile: z.string() }).optional(),
    /** The profile in words. */
    protocol: z
      .object({
        profile: z.string(),
        prompts: z.string().optional(),
        views: z.string(),
        coordinates: z.string(),
        answer: z.string(),
        /** How picture files were read, where that is not as displayed. */
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
/** A configuration of any command, also one that this version does not know. */
export type Settings = Readonly<Record<string, unknown>>

const anySettings = z.record(z.string(), z.unknown())
export const configurationName = 'config.json'
const mostBytes = 16 * 1024 ** 2

export function configurationFile(folder: string): string {
  return join(folder, configurationName)
}

export async function isRun(folder: string): Promise<boolean> {
  return (await plainFile(configurationFile(folder))) !== undefined
}

/** What is stored, as `schema` has it; without one as it is. Throws `UserError`: `run-not-found`, `run-config-broken`. */
export async function readSettings(folder: string): Promise<Settings>
export async function readSettings<T>(folder: string, schema: z.ZodType<T>): Promise<T>
export async function readSettings(folder: string, schema: z.ZodType = anySettings): Promise<unknown> {
  const path = configurationFile(folder)
  const broken = (why: string, cause?: unknown): UserError =>
    new UserError('run-config-broken', `${path} cannot be read: ${why}. Name another folder.`, { cause })
  const { size } = (await plainFile(path)) ?? {}
  if (size === undefined) {
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

/** The configuration of a run of `command`; the earliest runs do not name theirs. Throws `UserError` for any other folder. */
export async function readConfiguration<C extends ReadCommand>(folder: string, command: C): Promise<Configuration<C>> {
  const { command: stored = command } = await readSettings(folder)
  const schema: z.ZodType = configurations[command]
  if (stored === command) return (await readSettings(folder, schema)) as Configuration<C>
  const why = `${folder} is a run of ${String(stored)}. Name the run folder of mini-o3 ${command}.`
  throw new UserError('run-of-other-command', why)
}

/** One line for every setting in which a run that is stored differs from one that is asked for. */
export function differingSettings(stored: Settings, asked: object): string[] {
  // Through JSON, so that what cannot be stored (undefined, class instances) does not differ.
  return differences(completed(stored), completed(anySettings.parse(JSON.parse(JSON.stringify(asked)))))
}

/** Throws for settings that a reader would not take: a mistake of this program, found before anything is written. */
export function checkSettings(settings: Settings): void {
  schemaOf(settings).parse(settings)
}

/** With what an earlier version did not write. */
function completed(settings: Settings): Settings {
  return schemaOf(settings).safeParse(settings).data ?? settings
}

function schemaOf({ command }: Settings): z.ZodType<Settings> {
  return Object.entries(configurations).find(([name]) => name === command)?.[1] ?? anySettings
}

/** Such as `train.steps: 100, now 200`. */
export function differences(before: unknown, after: unknown, name = ''): string[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return []
  if (!isRecord(before) || !isRecord(after)) return [`${name || 'all'}: ${brief(before)}, now ${brief(after)}`]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => differences(before[key], after[key], name === '' ? key : `${name}.${key}`))
}

function isRecord(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function brief(value: unknown): string {
  const text = value === undefined ? 'not set' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}
