/** The embedded policy behind an OpenAI-compatible endpoint, in both ways: turn by turn, and a whole search at once. */
import type { Sampler } from '../engine/engine.ts'
import { checkQuestion, samplerPolicy } from '../policy/embedded/embedded-policy.ts'
import { profiles } from '../protocol/profile.ts'
import { chatRoutes } from './chat-routes.ts'
import { embeddedModel } from './embedded-model.ts'
import { searchModel } from './search-model.ts'
import type { Searcher } from './search-model.ts'
import { SearchQueue } from './search-queue.ts'
import type { Routes } from './start-server.ts'
import { trajectoryShelf } from './trajectory-shelf.ts'

/** Searches at once, and such that wait for them: the sampler takes the turns of many in one batch. */
export const usualQueue = { atOnce: 16, waiting: 32 }

/** `others`: further searchers, each the model `search:<name>`. One `queue` for all that a server searches. */
export function embeddedRoutes(
  sampler: Sampler,
  { queue = new SearchQueue(usualQueue), others = [] }: { queue?: SearchQueue; others?: readonly Searcher[] } = {},
): Routes {
  const { keep, routes } = trajectoryShelf()
  const searchers = [embeddedSearcher(sampler, queue), ...others]
  const models = searchers.map((searcher) => searchModel({ ...searcher, keep }))
  return { ...chatRoutes([embeddedModel(sampler), ...models]), ...routes }
}

export function embeddedSearcher(sampler: Sampler, queue: SearchQueue): Searcher {
  return {
    name: 'embedded',
    profile: profiles.embedded,
    policy: (temperature = 0.3) => samplerPolicy('embedded', sampler, temperature),
    check: (question) => void checkQuestion({ question }),
    queue,
  }
}
