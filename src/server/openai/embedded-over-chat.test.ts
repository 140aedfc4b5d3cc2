/** The policy that ships, in this process and behind its own endpoint: the same searches, whichever way. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEndpoint } from '../../endpoint/open-endpoint.ts'
import { chatPolicy } from '../../policy/chat/chat-policy.ts'
import { openEmbeddedSampler } from '../../policy/embedded/embedded-policy.ts'
import { samplerPolicy } from '../../policy/embedded/sampler-policy.ts'
import type { Policy, Usage } from '../../policy/policy.ts'
import { makeProblem } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { makeScene } from '../../probe/scene.ts'
import { levels } from '../../protocol/problem.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { searchMany } from '../../search/search-many.ts'
import { embeddedRoutes } from './embedded-routes.ts'
import { startServer } from '../http/start-server.ts'
import { untimed } from '../../../test/untimed.ts'

const profile = profiles.embedded
const temperature = 1
const problems = 12

let inProcess: Policy
let overChat: Policy
const closing: (() => unknown)[] = []
beforeAll(async () => {
  const { sampler, close } = await openEmbeddedSampler({ workers: 1 })
  closing.unshift(close)
  inProcess = samplerPolicy('embedded', sampler, temperature)
  const onFault = (error: unknown): never => {
    throw error
  }
  const server = await startServer({ host: '127.0.0.1', port: 0, routes: embeddedRoutes(sampler), onFault })
  closing.unshift(server.close)
  const endpoint = await openEndpoint({ baseUrl: `${server.url}/v1` })
  closing.unshift(endpoint.close)
  overChat = chatPolicy({ endpoint, model: endpoint.models[0]!.id, profile, temperature })
})
afterAll(async () => {
  for (const close of closing) await close()
})

async function searched(policy: Policy): Promise<Trajectory[]> {
  const samples = Array.from({ length: problems }, (_, i) => {
    const scene = makeScene(100 + i, levels[i % levels.length]!)
    return { task: { picture: scenePicture(scene, 1024), problem: makeProblem(scene) }, sampleIndex: 0 }
  })
  const found: Trajectory[] = []
  const options = { profile, seed: 5, maxTurns: 6, concurrency: 4 }
  for await (const { trajectory } of searchMany(samples, policy, options)) found.push(trajectory)
  return found.toSorted((a, b) => a.problem.docId.localeCompare(b.problem.docId))
}

const counted = ({ promptTokens, replyTokens }: Usage) => ({ promptTokens, replyTokens })

/** All but the time taken, the policy's name, what the server said of its replies, and the share of pictures in the tokens, which no server says. */
function comparable(trajectory: Trajectory) {
  const { turns, ...search } = untimed(trajectory)
  return {
    ...search,
    policy: '',
    usage: counted(search.usage),
    turns: turns.map(({ served: _served, ...turn }) => ({ ...turn, usage: counted(turn.usage) })),
  }
}

test('the embedded policy behind its endpoint searches as it does in this process, with the same seed', async () => {
  const here = (await searched(inProcess)).map(comparable)
  const there = (await searched(overChat)).map(comparable)
  expect(there.map(({ failure }) => failure)).toEqual(here.map(() => undefined))
  expect(there).toEqual(here)
  // That this says something: there are searches of several turns, of different ends and answers.
  expect(here.filter(({ turns }) => turns.length >= 3).length).toBeGreaterThan(problems / 3)
  expect(new Set(here.map(({ answer }) => answer)).size).toBeGreaterThan(3)
  expect(here.some(({ end }) => end === 'answered')).toBe(true)
})
