/** The embedded policy behind an OpenAI-compatible endpoint, turn by turn and as whole searches. */
import type { Sampler } from '../../engine/engine.ts'
import { checkQuestion, samplerPolicy } from '../../policy/embedded/sampler-policy.ts'
import { policyKinds } from '../../policy/registry/kinds.ts'
import { profiles } from '../../protocol/profile.ts'
import { embeddedModel } from './embedded-model.ts'
import { openaiRoutes } from './openai-routes.ts'
import { searchModel } from './search-model.ts'
import type { KeepSearch, Searcher } from '../searcher.ts'
import { SearchQueue } from '../search-queue.ts'
import type { Routes } from '../http/router.ts'

/** Searches in parallel, whose turns the sampler batches, and searches that may wait. */
export const usualQueue = { atOnce: 16, waiting: 32 }

export interface EmbeddedRoutesOptions {
  /** Shared by all searches of a server. */
  readonly queue?: SearchQueue
  /** Further searchers, each served as the model `search:<name>`. */
  readonly others?: readonly Searcher[]
  /** Stores finished searches, so that responses can link to them. */
  readonly keep?: KeepSearch
}

export function embeddedRoutes(
  sampler: Sampler,
  { queue = new SearchQueue(usualQueue), others = [], keep }: EmbeddedRoutesOptions = {},
): Routes {
  const searchers = [embeddedSearcher(sampler, queue), ...others]
  const models = searchers.map((searcher) => searchModel({ ...searcher, keep }))
  return openaiRoutes([embeddedModel(sampler), ...models])
}

export function embeddedSearcher(sampler: Sampler, queue: SearchQueue): Searcher {
  return {
    name: 'embedded',
    note: policyKinds.embedded.note,
    profile: profiles.embedded,
    policy: (temperature = 0.3) => samplerPolicy('embedded', sampler, temperature),
    check: (question) => void checkQuestion({ question }),
    queue,
  }
}
