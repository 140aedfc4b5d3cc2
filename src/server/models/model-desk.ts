/** Connects models while the server runs: each is tested with a picture before it is offered. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { baseUrlOf } from '../../endpoint/address.ts'
import { openEndpoint } from '../../endpoint/open-endpoint.ts'
import { serverKindNames } from '../../endpoint/server-kinds.ts'
import { trySight } from '../../endpoint/try/try-sight.ts'
import { policyKinds } from '../../policy/registry/kinds.ts'
import { openWithEndpoint, policyKindOf } from '../../policy/registry/open-policy.ts'
import { profiles } from '../../protocol/profile.ts'
import { messageOf, MiniO3Error } from '../../shared/errors.ts'
import { itemAt, own } from '../../shared/known.ts'
import { settleAll } from '../../shared/settle-all.ts'
import type { ConnectingRow, ListedModels } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'
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
  readonly temperature: number
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
  const { queue, temperature, onFault, signal } = options
  const searchers: Searcher[] = []
  const closing: (() => unknown)[] = []
  const jobs = new Map<string, Job>()
  const working = new Set<Promise<void>>()

  /** Never throws: errors are stored in the row. */
  async function work(job: Job, wanted: Wanted): Promise<void> {
    const gone = AbortSignal.any([signal, job.stop.signal])
    try {
      const { profile, ...options } = await optionsOf(job, wanted, gone)
      const { policy, endpoint, model } = await openWithEndpoint(
        { ...options, policy: job.policy, temperature },
        profile,
      )
      const onRequest = (what: string): void => void (job.text = `Trying ${what}`)
      const problem = await trySight({ endpoint, model, signal: gone, onRequest }).catch((error: unknown) => {
        endpoint.close()
        throw error
      })
      if (problem !== undefined || gone.aborted) endpoint.close()
      if (problem !== undefined) return end(job, 'failed', problem)
      if (gone.aborted) return end(job, 'cancelled', 'Cancelled.')
      closing.push(() => policy.close?.())
      searchers.push({ name: job.policy, note: policyKindOf(job)?.note ?? '', profile, policy: () => policy, queue })
      end(job, 'connected', 'It accepts pictures.')
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

  async function optionsOf(job: Job, wanted: Wanted, gone: AbortSignal) {
    if ('local' in wanted) {
      const onStep = (text: string): void => void (job.text = text)
      const onBytes = (done: number, total: number): void => void (job.bytes = { done, total })
      const { profile } = await bringLocal(wanted.local, { signal: gone, onStep, onBytes })
      delete job.bytes
      job.text = 'Loading the model'
      return { profile: own(profiles, profile ?? '') ?? profiles.default }
    }
    const { server, baseUrl, apiKeyEnv } = wanted
    job.text = 'Asking the server for its models'
    return { baseUrl, apiKeyEnv, ...(server && { server }), profile: profiles[policyKinds.chat.profile] }
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

function shaped<Wanted>(schema: z.ZodType<Wanted>, body: unknown): Wanted {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  const { path, message } = itemAt(read.error.issues, 0)
  throw new HttpError(400, 'invalid_request', `${path.join('.') || 'The request'}: ${message}`)
}

function rowOf({ id, policy, state, text, bytes, startedMs, endedMs = performance.now() }: Job): ConnectingRow {
  const seconds = Math.round((endedMs - startedMs) / 1_000)
  return { id, policy, state, text, seconds, ...(bytes && { bytes }) }
}
