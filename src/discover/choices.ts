/**
 * What of all that was found can be taken without asking, the best first: nothing that would let a picture leave this machine, or cost
 * money. Pure.
 *
 * 1. Models of servers that say that they see pictures. Servers that were started with one model come first (vLLM, SGLang, llama.cpp,
 *    transformers serve, mlx-vlm), then LM Studio and Ollama. Of one server, Qwen's vision models come first, since these are trained to
 *    give boxes; then as the server lists them (Ollama: what was changed last).
 * 2. The only model of such a server that does not say whether it sees: to be tried with a picture first.
 * 3. A model that was pulled, and runs in this program.
 */
import type { ServerKindName } from '../endpoint/server-kinds.ts'
import type { Found, FoundServer } from './found.ts'

export interface Choice {
  /** As it is typed behind `--policy`. */
  readonly policy: string
  /** Where it is, for people. */
  readonly at: string
  readonly baseUrl?: string
  /** Its kind, where neither its address nor its list of models tells it. */
  readonly server?: ServerKindName
  /** Its server does not say whether it sees. */
  readonly untried?: true
}

/** In the order in which they are preferred; others come after them. */
const order = ['vLLM', 'SGLang', 'llama.cpp', 'transformers serve', 'mlx-vlm', 'LM Studio', 'Ollama']

export function choicesOf({ servers, local }: Pick<Found, 'servers' | 'local'>): Choice[] {
  const known = servers
    .filter(({ title }) => order.includes(title))
    .toSorted((a, b) => order.indexOf(a.title) - order.indexOf(b.title))
  const pulled = local.problem === undefined ? local.models.filter((model) => model.pulled) : []
  return [
    ...known.flatMap(seeing),
    ...known.flatMap(untried),
    ...pulled.map(({ name }) => ({ policy: `local:${name}`, at: 'which was pulled and runs in this program' })),
  ]
}

/** All that see, or may: what a person can choose from. */
export function modelsToOffer(server: FoundServer): Choice[] {
  return server.models.filter(({ sees }) => sees !== 'no').map(({ id }) => choiceOf(server, id))
}

function seeing(server: FoundServer): Choice[] {
  return server.models
    .filter(({ sees, elsewhere }) => sees === 'yes' && !elsewhere)
    .toSorted((a, b) => Number(isQwen(b.id)) - Number(isQwen(a.id)))
    .map(({ id }) => choiceOf(server, id))
}

function untried(server: FoundServer): Choice[] {
  const [only, ...others] = server.models
  if (only?.sees !== 'unknown' || only.elsewhere || others.length > 0) return []
  return [{ ...choiceOf(server, only.id), untried: true }]
}

function isQwen(id: string): boolean {
  return /qwen/i.test(id)
}

function choiceOf({ kind, title, baseUrl, byDescription }: FoundServer, id: string): Choice {
  return {
    policy: `chat:${id}`,
    at: `${title} at ${baseUrl}`,
    baseUrl,
    ...(byDescription && { server: kind }),
  }
}
