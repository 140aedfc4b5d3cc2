/** What a search records of its turns: times, failed attempts with their reasons and waits, and what the server said of each reply. */
import sharp from 'sharp'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint, Step } from '../../../test/scripted-endpoint.ts'
import { openEndpoint } from '../../endpoint/open-endpoint.ts'
import { profiles } from '../../protocol/profile.ts'
import { trajectorySchema } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { searchToEnd } from '../../search/search-many.ts'
import { openPicture } from '../../vision/open.ts'
import type { Picture } from '../../vision/picture.ts'
import { chatPolicy } from './chat-policy.ts'

const profile = profiles.default
const problem = { docId: 'p1', dataSource: 'test', question: 'Which colour?', answer: 'red' }
const zoom = '<think>Closer.</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'
const answer = '<think>Seen.</think><answer>red</answer>'
const busy: Step = { status: 429, headers: { 'retry-after-ms': '1' }, body: { error: { message: 'slow down' } } }

let picture: Picture
beforeAll(async () => {
  const create = { width: 250, height: 200, channels: 3, background: '#c33' } as const
  picture = await openPicture(await sharp({ create }).png().toBuffer())
})

const servers: ScriptedEndpoint[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

async function play(script: readonly Step[], { live = false, maxTries = 3 } = {}): Promise<Trajectory> {
  const server = await startScriptedEndpoint({ script, ownedBy: 'somebody' })
  servers.push(server)
  const endpoint = await openEndpoint({ baseUrl: server.baseUrl, backoffMs: 1, maxTries })
  const policy = chatPolicy({ endpoint, model: 'test-vlm', profile })
  const { trajectory } = await searchToEnd({ picture, problem }, policy, { profile, live })
  expect(server.violations).toEqual([])
  expect(trajectorySchema.parse(JSON.parse(JSON.stringify(trajectory)))).toEqual(trajectory)
  return trajectory
}

it('when the search and its turns began, one after the other', async () => {
  const { startedMs, turns, ms } = await play([zoom, answer])
  expect(startedMs).toBeGreaterThan(Date.UTC(2020))
  const starts = turns.map(({ startMs }) => startMs!)
  expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  expect(starts[1]! + turns[1]!.ms).toBeLessThanOrEqual(ms + 1)
})

it('the failed attempts before a reply, with reason and wait, watched or not', async () => {
  for (const live of [false, true]) {
    const { turns } = await play([zoom, busy, { status: 503, body: 'loading' }, answer], { live })
    const [first, second] = turns
    expect(first).not.toHaveProperty('retries')
    expect(second!.retries).toEqual([
      {
        atMs: expect.any(Number),
        why: expect.stringMatching(/busy or rate-limited.*slow down/),
        waitMs: expect.any(Number),
      },
      { atMs: expect.any(Number), why: expect.stringMatching(/status 503\): loading$/), waitMs: expect.any(Number) },
    ])
    expect(second!.ms).toBeGreaterThanOrEqual(second!.retries![1]!.atMs)
  }
})

it('a request that was sent again in another form', async () => {
  const refusal = { status: 400, body: { error: { message: "Unsupported parameter: 'seed'", param: 'seed' } } }
  const { turns } = await play([refusal, answer])
  expect(turns[0]!.retries).toEqual([
    { atMs: expect.any(Number), why: expect.stringMatching(/seed.*Sent again in another form/) },
  ])
})

it('the attempts of a turn that never got a reply', async () => {
  const { end, turns, unfinished, failure } = await play([zoom, busy, busy, busy])
  expect([end, turns.length, failure?.code]).toEqual(['failed', 1, 'endpoint-busy'])
  expect(unfinished).toEqual({ startMs: expect.any(Number), ms: expect.any(Number), retries: expect.any(Array) })
  // The last failure is the reason why the search failed.
  expect(unfinished!.retries).toHaveLength(2)
})

it('the first text of a streamed reply only, and what the server said of each', async () => {
  for (const live of [false, true]) {
    const [turn] = (await play([answer], { live })).turns
    expect(turn!.served).toEqual({ model: 'test-vlm', finish: 'stop' })
    if (live) expect(turn!.firstTokenMs).toBeLessThanOrEqual(turn!.ms)
    else expect(turn).not.toHaveProperty('firstTokenMs')
  }
})

it('what the server counts as thinking', async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 7 } }
  const { turns, usage: total } = await play([{ text: answer, usage }])
  expect([turns[0]!.usage.thinkingTokens, total.thinkingTokens]).toEqual([7, 7])
})
