/** Connects models while the server runs: each is tested with a picture before it is offered. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { rememberZoom } from '../../discover/remembered.ts'
import { baseUrlOf } from '../../endpoint/address.ts'
import { openEndpoint } from '../../endpoint/open-endpoint.ts'
import { serverKindNames } from '../../endpoint/server-kinds.ts'
import { familyProfile, profileNames } from '../../endpoint/try/zoom-settings.ts'
import type { ZoomSettings } from '../../endpoint/try/zoom-settings.ts'
import { findSettings, trySight } from '../../endpoint/try/try-sight.ts'
import { openModelOf, policyKindOf } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import type { Profile } from '../../protocol/profile.ts'
import { messageOf, MiniO3Error } from '../../shared/errors.ts'
import { settleAll } from '../../shared/settle-all.ts'
import type { ConnectingRow, ListedModels } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'
import { shaped } from '../http/shaped.ts'
import type { Searcher } from '../searcher.ts'
import type { SearchQueue } from '../search-queue.ts'
import { bringLocal } from './bring-local.ts'
import { checkKey } from './key-rule.ts'

export interface ModelDesk {
  /** The connected models. */
  readonly searchers: readonly Searcher[]
  /** Starts a connection; `rows` reports its progress. Throws `HttpError` 400 for an invalid request, 429 if too many are in progress. */
  connect(body: unknown): ConnectingRow
  /** Lists the models of a server. Throws `HttpError`, and `UserError` if it cannot be reached. */
  list(body: unknown): Promise<ListedModels>
  /** Newest first. */
  rows(): ConnectingRow[]
  /** Throws `HttpError` 404. */
  cancel(id: string): void
  close(): Promise<void>
}

export interface ModelDeskOptions {
  readonly queue: SearchQueue
  /** Apply to every connected model. */
  readonly limits: Pick<PolicyOptions, 'temperature' | 'replyTokens' | 'context' | 'threads'>
  /** What the user chose, and a trial does not replace. */
  readonly chosen: ZoomSettings
  /** The profile of a model with these settings, with all changes that the user chose. Throws `UserError` if it cannot have them. */
  readonly profileOf: (settings: ZoomSettings) => Profile
  /** Policy names already in use; names are unique. */
  readonly taken: () => readonly string[]
  /** Called for internal errors. */
  readonly onFault: (error: unknown) => void
  /** Aborts connections in progress. */
  readonly signal: AbortSignal
}

const most = { connecting: 4, kept: 50 }

const address = {
  baseUrl: z.string().min(1).max(2_000),
  apiKeyEnv: z.string().min(1).max(200).optional(),
}
const listSchema = z.strictObject(address)
const serverSchema = z.strictObject({
  ...address,
  model: z.string().min(1).max(200),
  server: z.enum(serverKindNames).optional(),
})
const localSchema = z.strictObject({ local: z.string().min(1).max(200) })

type Wanted = z.infer<typeof serverSchema> | z.infer<typeof localSchema>

type OpenOptions = Pick<PolicyOptions, 'baseUrl' | 'apiKeyEnv' | 'server'> & {
  readonly settings?: ZoomSettings | undefined
}

interface Job {
  readonly id: string
  readonly policy: string
  readonly startedMs: number
  readonly stop: AbortController
  state: ConnectingRow['state']
  text: string
  endedMs?: number
  bytes?: NonNullable<ConnectingRow['bytes']>
}

export function openModelDesk(options: ModelDeskOptions): ModelDesk {
  const { queue, limits, chosen, profileOf, onFault, signal } = options
  const searchers: Searcher[] = []
  const closing: (() => unknown)[] = []
  const jobs = new Map<string, Job>()
  const working = new Set<Promise<void>>()

  /** Never throws: errors are stored in the row. */
  async function work(job: Job, wanted: Wanted): Promise<void> {
    const gone = AbortSignal.any([signal, job.stop.signal])
    try {
      const { settings: known, ...address } = await optionsOf(job, wanted, gone)
      const openOptions = { ...limits, ...address, policy: job.policy }
      const opened = await openModelOf(openOptions, profileOf({ ...known, ...chosen }))
      const { endpoint, model } = opened
      const onRequest = (what: string): void => void (job.text = `Trying ${what}`)
      const trial = { endpoint, model, signal: gone, onRequest }
      const closeAfter = (error: unknown): never => {
        endpoint.close()
        throw error
      }
      const problem = await trySight(trial).catch(closeAfter)
      // A chosen profile has its own unit of boxes.
      const isTried = known === undefined && chosen.profile === undefined && chosen.coordinates === undefined
      const found = isTried && problem === undefined ? await findSettings(trial).catch(closeAfter) : undefined
      const settings = { ...known, ...found, ...chosen }
      if (problem !== undefined || gone.aborted) endpoint.close()
      if (problem !== undefined) return end(job, 'failed', problem)
      if (gone.aborted) return end(job, 'cancelled', 'Cancelled.')
      if ('model' in wanted && found !== undefined) await rememberZoom({ baseUrl: endpoint.baseUrl, model }, found)
      const profile = await Promise.resolve(settings).then(profileOf).catch(closeAfter)
      const policy = opened.policy(profile)
      closing.push(() => policy.close?.())
      const how = zoomText(settings)
      const note = [policyKindOf(job)?.note, how && `It ${how}.`].filter(Boolean).join(' ')
      searchers.push({ name: job.policy, note, profile, policy: () => policy, queue })
      end(job, 'connected', `It accepts pictures${how && `, and ${how}`}.`)
    } catch (error) {
      if (gone.aborted) return end(job, 'cancelled', 'Cancelled.')
      if (!(error instanceof MiniO3Error)) onFault(error)
      end(
        job,
        'failed',
        error instanceof MiniO3Error ? messageOf(error) : 'It failed. See the terminal of the server for the reason.',
      )
    }
  }

  /** `settings`: where it is known how the model zooms, so that this need not be tried. */
  async function optionsOf(job: Job, wanted: Wanted, gone: AbortSignal): Promise<OpenOptions> {
    if ('local' in wanted) {
      const onStep = (text: string): void => void (job.text = text)
      const onBytes = (done: number, total: number): void => void (job.bytes = { done, total })
      const { profile } = await bringLocal(wanted.local, { signal: gone, onStep, onBytes })
      delete job.bytes
      job.text = 'Loading the model'
      const name = profileNames.find((one) => one === profile) ?? familyProfile(wanted.local)
      return { settings: name && { profile: name } }
    }
    const { server, baseUrl, apiKeyEnv } = wanted
    job.text = 'Asking the server for its models'
    return { baseUrl, apiKeyEnv, ...(server && { server }) }
  }

  function end(job: Job, state: Job['state'], text: string): void {
    Object.assign(job, { state, text, endedMs: performance.now() })
    for (const [id, old] of jobs) {
      if (jobs.size <= most.kept) return
      if (old.endedMs !== undefined) jobs.delete(id)
    }
  }

  return {
    searchers,
    connect(body) {
      const isLocal = typeof body === 'object' && body !== null && 'local' in body
      const wanted: Wanted = isLocal ? shaped(localSchema, body) : checked(serverSchema, body)
      const policy = 'local' in wanted ? `local:${wanted.local}` : `chat:${wanted.model}`
      const under = [...jobs.values()].filter(({ state }) => state === 'connecting')
      if (options.taken().includes(policy) || under.some((job) => job.policy === policy))
        throw new HttpError(400, 'policy_twice', `${policy} is already connected, or being connected.`)
      if (under.length >= most.connecting)
        throw new HttpError(429, 'busy', 'Other models are being connected. Wait for them.', { retryAfter: 5 })
      const startedMs = performance.now()
      const job: Job = {
        id: randomUUID(),
        policy,
        startedMs,
        stop: new AbortController(),
        state: 'connecting',
        text: '',
      }
      jobs.set(job.id, job)
      const done = work(job, wanted).finally(() => working.delete(done))
      working.add(done)
      return rowOf(job)
    },
    async list(body) {
      const { models, baseUrl, close } = await openEndpoint({ ...checked(listSchema, body), maxTries: 2 })
      close()
      return { baseUrl, models: models.map(({ id }) => id) }
    },
    rows: () => [...jobs.values()].map(rowOf).toReversed(),
    cancel(id) {
      const job = jobs.get(id)
      if (job === undefined) throw new HttpError(404, 'no_connection', 'There is no such connection.')
      job.stop.abort()
    },
    async close() {
      for (const { stop } of jobs.values()) stop.abort()
      await Promise.all(working)
      await settleAll(closing.map(async (one) => one()))
    },
  }
}

const units = { relative: 'fractions', percent: 'percent', thousand: 'thousandths', pixel: 'pixels' } as const

/** Such as `zooms in the format of qwen3-vl`; empty for that of the default profile. */
function zoomText({ profile, coordinates, maxPixels }: ZoomSettings): string {
  const parts = [
    profile && `zooms in the format of ${profile}`,
    coordinates && `writes boxes in ${units[coordinates]}`,
    maxPixels && `is shown ${maxPixels.toLocaleString('en')} pixels at most`,
  ]
  return parts.filter(Boolean).join(', ')
}

/** Checks that the address is valid and that the key may be sent there. */
function checked<Wanted extends { readonly baseUrl: string; readonly apiKeyEnv?: string | undefined }>(
  schema: z.ZodType<Wanted>,
  body: unknown,
): Wanted {
  const data = shaped(schema, body)
  const url = baseUrlOf(data.baseUrl)
  if (data.apiKeyEnv !== undefined) checkKey(data.apiKeyEnv, url)
  return data
}

function rowOf({ id, policy, state, text, bytes, startedMs, endedMs = performance.now() }: Job): ConnectingRow {
  const seconds = Math.round((endedMs - startedMs) / 1_000)
  return { id, policy, state, text, seconds, ...(bytes && { bytes }) }
}
