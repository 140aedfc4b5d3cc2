/** What a server says of itself: its models, and what the service bills for them. */
import { z } from 'zod'
import { nearestNames } from '../../shared/nearest.ts'
import { UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import type { TokenPrices } from '../usage.ts'
import { read, replies } from './protocol.ts'
import { guessServerKind, type TinkerKind } from './server-kinds.ts'
import { openTransport, type Transport, type TransportOptions } from './transport.ts'

export interface ServedModelInfo {
  readonly name: string
  readonly contextLength?: number
  /** Absent if the server does not report it. */
  readonly trainable?: boolean
  readonly sampleable?: boolean
  /** Rates of the last days, of models that this account has used. */
  readonly prices?: Partial<TokenPrices>
}

/** In the order of the server. */
export async function modelsOf(transport: Transport): Promise<ServedModelInfo[]> {
  const said = read(replies.capabilities, await transport.get('get_server_capabilities'), 'get_server_capabilities')
  return said.supported_models.flatMap(
    ({ model_name: name, max_context_length: contextLength, trainable, sampleable }) =>
      !name
        ? []
        : {
            name,
            ...(typeof contextLength === 'number' && { contextLength }),
            ...(typeof trainable === 'boolean' && { trainable }),
            ...(typeof sampleable === 'boolean' && { sampleable }),
          },
  )
}

/** Names are retired; a wrong one is answered with those that are there, the most alike first. */
export function chooseModel(models: readonly ServedModelInfo[], asked: string | undefined): string {
  const names = models.map(({ name }) => name)
  if (asked === undefined && names.length === 1) return itemAt(names, 0)
  if (asked !== undefined && names.includes(asked)) return asked
  if (names.length === 0) throw new UserError('model-unknown', 'The server offers no model.')
  const missing = asked === undefined ? '' : `The server has no ${asked}: it may be retired, or misspelt. `
  const near = nearestNames(asked ?? '', names, 8).join(', ')
  const which = names.length > 8 ? `Among its ${names.length} are` : 'It has'
  throw new UserError(
    'model-unknown',
    `${missing}Name one of the server's models with --base-model. ${which} ${near}. \`mini-o3 doctor --engine tinker:<url>\` lists all.`,
  )
}

const rate = z.number().nonnegative().nullish()
const usageEvents = z.object({
  data: z.array(
    z.object({
      bucket_start: z.string(),
      base_model: z.string().nullish(),
      effective_rate_usd_per_million_tokens: rate,
      event_info: z.object({ type: z.string(), cached: z.boolean().nullish() }),
    }),
  ),
})

const hourMs = 3_600_000
/** The longest window that the service answers for. */
const windowMs = 14 * 24 * hourMs

/**
 * What the hosted service billed this account for a million tokens of each model lately, in US dollars: it has no list of prices to
 * ask for. Empty where the key may not see the bill, or nothing was used.
 */
export async function billedPrices(transport: Transport): Promise<ReadonlyMap<string, Partial<TokenPrices>>> {
  const until = Math.floor(Date.now() / hourMs) * hourMs
  const query = {
    starting_on: new Date(until - windowMs).toISOString(),
    ending_before: new Date(until).toISOString(),
  }
  const answer = await transport.get('billing/usage/events', { query, retry: 'never' }).catch(() => undefined)
  const parsed = usageEvents.safeParse(answer)
  const prices = new Map<string, Partial<TokenPrices>>()
  if (!parsed.success) return prices
  const events = parsed.data.data.toSorted((a, b) => Date.parse(a.bucket_start) - Date.parse(b.bucket_start))
  for (const { base_model: model, effective_rate_usd_per_million_tokens: price, event_info: event } of events) {
    const what = billedAs(event)
    // The newest rate counts.
    if (model && typeof price === 'number' && what) prices.set(model, { ...prices.get(model), [what]: price })
  }
  return prices
}

function billedAs({ type, cached }: { readonly type: string; readonly cached?: boolean | null | undefined }) {
  if (type === 'training') return 'trained'
  if (type === 'sampling_sample') return 'sampled'
  if (type === 'sampling_prefill') return cached === true ? 'cached' : 'prompt'
  return undefined
}

/** All four rates, if enough of them are known: without a rate of their own, cached tokens cost as much as others. */
export function wholePrices({
  prompt,
  sampled,
  trained,
  cached = prompt,
}: Partial<TokenPrices>): TokenPrices | undefined {
  if (prompt === undefined || sampled === undefined || trained === undefined || cached === undefined) return undefined
  return { prompt, cached, sampled, trained }
}

export interface TinkerLook {
  readonly kind: TinkerKind
  readonly models: readonly ServedModelInfo[]
}

/** Queries a server without creating anything on it. Throws like a request. */
export async function lookAtServer(
  options: Pick<TransportOptions, 'url' | 'apiKeyEnv' | 'patience'> & { readonly kind?: TinkerKind | undefined },
): Promise<TinkerLook> {
  const transport = openTransport({ ...options, conflictPasses: () => false })
  const models = await modelsOf(transport)
  const kind =
    options.kind ??
    guessServerKind(
      transport.url,
      models.map(({ name }) => name),
    )
  const prices = kind.billing ? await billedPrices(transport) : new Map<string, Partial<TokenPrices>>()
  return {
    kind,
    models: models.map((model) => {
      const billed = prices.get(model.name)
      return billed ? { ...model, prices: billed } : model
    }),
  }
}
