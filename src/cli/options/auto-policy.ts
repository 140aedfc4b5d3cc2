/** `--policy auto`, and `ask` without `--policy`: picks the best available model and prints its choice. */
import type { Command } from 'commander'
import { choicesOf } from '../../discover/choices.ts'
import type { Choice } from '../../discover/choices.ts'
import { find } from '../../discover/find.ts'
import { rememberedZoom } from '../../discover/remembered.ts'
import type { Endpoint } from '../../endpoint/endpoint.ts'
import { openModel } from '../../endpoint/open-model.ts'
import type { ServerOptions } from '../../endpoint/open-model.ts'
import { familyProfile, settingWords } from '../../endpoint/try/zoom-settings.ts'
import type { ZoomSettings } from '../../endpoint/try/zoom-settings.ts'
import { trySight } from '../../endpoint/try/try-sight.ts'
import { policyNamed } from '../../policy/registry/kinds.ts'
import { AbortedError, MiniO3Error, messageOf, UserError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { foundRows, rowLines } from '../print/found.ts'
import type { WhatIsThere } from '../print/found.ts'
import { say } from '../print/output.ts'
import { checkEffects, isGiven } from './command.ts'
import { leavesMachine, readConfigured } from './configured.ts'
import type { PolicyEntry } from './policies-file.ts'

interface Candidate {
  /** Values by option name. */
  readonly values: Readonly<Record<string, unknown>> & { readonly policy: string }
  readonly at: string
  /** The reason why it cannot be used, if any. */
  whyNot(): Promise<string | undefined>
  /** How it zooms, where that is known, and from where. */
  zooms?(): Promise<{ readonly settings: ZoomSettings; readonly known: string } | undefined>
}

/**
 * Replaces `--policy` by the best available policy, or returns everything that was found if none can be used.
 *
 * Order: the first model of `mini-o3.yaml` whose server answers, then of the user's configuration file, then as `choicesOf` ranks them.
 * A file that cannot be read is reported, and is an error (`UserError`) only if nothing else can be used.
 * An entry of `mini-o3.yaml` that points to another machine counts only with an explicit `--policy auto`, since the folder may not be trusted.
 */
export async function takeBest(
  command: Command,
  temperature: number,
  signal: AbortSignal,
): Promise<WhatIsThere | undefined> {
  const configured = readConfigured(temperature)
  const trusted = isGiven(command, 'policy')
  const problems = configured.flatMap(({ problem }) => problem ?? [])
  const entries = configured.flatMap(({ file, entries: all }) =>
    all.filter((entry) => file.own || trusted || !leavesMachine(entry)).map((entry) => configuredOne(entry, file.path)),
  )
  if (!(await took(entries, command))) {
    const found = await find({ signal })
    const others = choicesOf(found).map((choice) => foundOne(choice, signal))
    if (!(await took(others, command))) {
      // What was configured comes before what could be installed.
      if (problems.length > 0) throw new UserError('policies-unreadable', problems.join(' '))
      return { found, configured }
    }
  }
  for (const problem of problems) say(problem)
  return undefined
}

/** The options of a long-running command with `auto` replaced. Throws `UserError` if no policy can be used. */
export async function withBest<Options extends { readonly temperature: number }>(
  command: Command,
  { temperature }: Options,
): Promise<Options> {
  const interrupt = catchInterrupt(() => say('Stopping.'))
  try {
    const nothing = await takeBest(command, temperature, interrupt.signal)
    if (nothing === undefined) return command.opts<Options>()
    throw new UserError('no-model-found', [noModelText, ...rowLines(foundRows(nothing))].join('\n'))
  } finally {
    interrupt.release()
  }
}

export const noModelText = 'No model can be used without your consent. What was found, with the commands that use it:'

async function took(candidates: readonly Candidate[], command: Command): Promise<boolean> {
  for (const { values, at, whyNot, zooms } of candidates) {
    const problem = await whyNot()
    if (problem === undefined) {
      // A profile on the command line has its own unit of boxes.
      const typed = settingNames.some((name) => isGiven(command, name))
      const found = typed ? undefined : await zooms?.()
      const how = found === undefined ? '' : `, with ${settingWords(found.settings).join(' ')} (${found.known})`
      say(`Using ${values.policy}, ${at}${how}. --policy selects another; \`mini-o3 doctor\` lists what was found.`)
      // Options on the command line stay unchanged and must have an effect.
      for (const [name, value] of Object.entries({ ...values, ...found?.settings })) {
        if (name === 'policy' || !isGiven(command, name)) command.setOptionValueWithSource(name, value, 'auto')
      }
      checkEffects(command)
      return true
    }
    say(`${values.policy}, ${at}, cannot be used: ${problem}`)
  }
  return false
}

function configuredOne(entry: PolicyEntry, file: string): Candidate {
  return {
    values: { ...entry },
    at: `the first entry of ${file} that answers`,
    whyNot: () => (entry.baseUrl === undefined ? Promise.resolve(undefined) : whyNotOpen(entry)),
  }
}

function foundOne({ policy, at, baseUrl, server, untried }: Choice, signal: AbortSignal): Candidate {
  const values = { policy, ...(baseUrl !== undefined && { baseUrl }), ...(server !== undefined && { server }) }
  return {
    values,
    at,
    whyNot: async () => {
      if (!untried) return undefined
      say(`Testing whether ${modelOf(values)} accepts pictures …`)
      return whyNotOpen(values, (endpoint, model) => trySight({ endpoint, model, signal, onRequest: () => {} }))
    },
    zooms: () => howItZooms(baseUrl, modelOf(values)),
  }
}

const settingNames = ['profile', 'coordinates', 'maxPixels'] as const

async function howItZooms(baseUrl: string | undefined, model: string): ReturnType<NonNullable<Candidate['zooms']>> {
  const settings = baseUrl === undefined ? undefined : await rememberedZoom({ baseUrl, model })
  if (settings !== undefined && settingWords(settings).length > 0) return { settings, known: 'as tested before' }
  const profile = settings === undefined && baseUrl !== undefined ? familyProfile(model) : undefined
  return profile && { settings: { profile }, known: 'as usual for models of this name; `mini-o3 doctor` tests it' }
}

async function whyNotOpen(
  options: ServerOptions & { readonly policy: string },
  look: (endpoint: Endpoint, model: string) => Promise<string | undefined> = async () => undefined,
): Promise<string | undefined> {
  try {
    const { endpoint, model } = await openModel(options, modelOf(options))
    return await look(endpoint, model.id).finally(() => endpoint.close())
  } catch (error) {
    if (error instanceof MiniO3Error && !(error instanceof AbortedError)) return messageOf(error)
    throw error
  }
}

function modelOf({ policy }: { readonly policy: string }): string {
  return policyNamed(policy)?.model ?? ''
}
