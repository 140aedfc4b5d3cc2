/**
 * The worker of a page that searches: the loop, the policy and the scenes of Node, over an engine in this thread. It takes one turn when it is
 * asked to, so the page decides how fast a search goes.
 */
import { directSampler } from '../../src/engine/embedded/direct-sampler.ts'
import type { Sampler } from '../../src/engine/engine.ts'
import { judgeExact } from '../../src/judge/exact.ts'
import { judgeTrajectory } from '../../src/judge/judge.ts'
import { unpackWeights } from '../../src/model/packed-weights.ts'
import { parameterSpecs } from '../../src/model/parameters.ts'
import { samplerPolicy } from '../../src/policy/embedded/sampler-policy.ts'
import { makeProblem, parseGoal, problemAbout, sceneFrom } from '../../src/probe/problem.ts'
import type { SceneRef } from '../../src/probe/problem.ts'
import { scenePicture } from '../../src/probe/scene-picture.ts'
import { profiles } from '../../src/protocol/profile.ts'
import type { Turn } from '../../src/protocol/trajectory.ts'
import type { SearchEvent } from '../../src/search/events.ts'
import { search } from '../../src/search/search.ts'
import { messageOf } from '../../src/shared/errors.ts'
import { defined } from '../../src/shared/known.ts'
import { sum } from '../../src/shared/numbers.ts'
import { storedPicture } from '../../src/vision/picture.ts'
import type { Picture } from '../../src/vision/picture.ts'
import { inflated } from '../inflated.ts'
import type { TryAsks, TryRequest, TryResponse, TryNews, TrySearch } from './messages.ts'
import { cropUrl, originalUrl, viewUrl } from './pictures.ts'

/** As large as the scenes of problem sets are by default. */
const sidePx = 4096
const profile = profiles.embedded

let loaded: Promise<{ readonly sampler: Sampler; readonly policy: string }> | undefined
let running:
  | { readonly events: AsyncIterator<SearchEvent>; readonly picture: Picture; readonly maxTurns: number }
  | undefined

async function load({ kernels, config, weights, bits, policy }: Parameters<TryAsks['load']>[0]) {
  const [relaxed, plain] = [await inflated(kernels.relaxed), await inflated(kernels.plain)]
  const parameters = unpackWeights(parameterSpecs(config), await inflated(weights), bits)
  return { sampler: await directSampler({ relaxed, plain }, config, parameters), policy }
}

async function draw(ref: SceneRef): Promise<ReturnType<TryAsks['draw']>> {
  const { question } = makeProblem(sceneFrom(ref))
  return { picture: await originalUrl(pictureOf(ref)), goal: defined(parseGoal(question), 'the goal of a scene') }
}

async function begin({ scene: ref, goal, maxTurns, temperature, seed }: TrySearch): Promise<readonly TryNews[]> {
  await running?.events.return?.()
  const { sampler, policy: name } = await defined(loaded, 'a policy')
  const picture = pictureOf(ref)
  const problem = problemAbout(sceneFrom(ref), goal)
  const policy = samplerPolicy(name, sampler, temperature)
  running = { events: search({ picture, problem }, policy, { profile, maxTurns, seed }), picture, maxTurns }
  const start = { problem, picture: storedPicture(picture), policy: name, maxTurns, seed, sampleIndex: 0 }
  return [{ kind: 'began', search: start }, ...(await news())]
}

/** What happens up to the next observation, or to the end. A mistake leads to no observation: it ends a turn, too. */
async function news(): Promise<readonly TryNews[]> {
  const { events, picture, maxTurns } = defined(running, 'a search')
  const heard: TryNews[] = []
  for (let step = await events.next(); !step.done; step = await events.next()) {
    const event = step.value
    if (event.kind === 'observed') {
      const { observation, view } = event
      const crop = observation.parent === null ? null : await cropUrl(picture, observation)
      return [...heard, { kind: 'observed', observation, crop, view: await viewUrl(view) }]
    }
    if (event.kind === 'ended') {
      const judged = await judgeTrajectory(event.trajectory, judgeExact, undefined)
      const turns = withoutPauses(judged.turns)
      return [...heard, { kind: 'ended', trajectory: { ...judged, turns, ms: sum(turns.map(({ ms }) => ms)) } }]
    }
    if (event.kind === 'acted') {
      const { turn, taken } = event
      heard.push({ kind: 'acted', turn, taken })
      if (taken.error !== undefined && turn < maxTurns) return heard
    }
  }
  return heard
}

/** Turns as if each had begun when the one before ended: the page waits between them. */
function withoutPauses(turns: readonly Turn[]): Turn[] {
  return turns.map((turn, index) => ({ ...turn, startMs: sum(turns.slice(0, index).map(({ ms }) => ms)) }))
}

function pictureOf(ref: SceneRef): Picture {
  return scenePicture(sceneFrom(ref), sidePx)
}

let before: Promise<unknown> = Promise.resolve()
addEventListener('message', ({ data: { id, ...request } }: MessageEvent<{ readonly id: number } & TryRequest>) => {
  before = before.then(async () => {
    const response = await answered(request).catch((error: unknown) => ({ problem: messageOf(error) }))
    postMessage({ id, ...response } satisfies TryResponse)
  })
})

async function answered(request: TryRequest): Promise<{ readonly answer: unknown }> {
  switch (request.kind) {
    case 'load':
      // A scene is drawn meanwhile; who begins a search hears what went wrong.
      loaded = load(request.about)
      loaded.catch(() => {})
      return { answer: undefined }
    case 'draw':
      return { answer: await draw(request.about) }
    case 'begin':
      return { answer: await begin(request.about) }
    case 'turn':
      return { answer: await news() }
  }
}
