/** Forks of searches of a model behind a server that refuses a history which is not byte for byte as it was. */
import sharp from 'sharp'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint, Step } from '../../../test/scripted-endpoint.ts'
import { openEndpoint } from '../../endpoint/open-endpoint.ts'
import { relativeBox } from '../../protocol/box.ts'
import type { Problem } from '../../protocol/problem.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { planFork } from '../../search/fork.ts'
import type { ForkWords } from '../../search/fork.ts'
import { searchToEnd } from '../../search/search-many.ts'
import { openPicture } from '../../vision/open.ts'
import type { Picture } from '../../vision/picture.ts'
import type { Policy } from '../policy.ts'
import { chatPolicy } from './chat-policy.ts'

let picture: Picture
beforeAll(async () => {
  const raw = { width: 250, height: 200, channels: 3 } as const
  picture = await openPicture(
    await sharp(Buffer.alloc(250 * 200 * 3, 90), { raw })
      .png()
      .toBuffer(),
  )
})

const problem: Problem = { docId: 'p1', dataSource: 'test', question: 'Which colour?', answer: 'red' }
const zoom = (box: string, source = 'original_image'): string =>
  `<think>Closer.</think><grounding>{"bbox_2d": [${box}], "source": "${source}"}</grounding>`
const answer = (text: string): string => `<think>Seen.</think><answer>${text}</answer>`

const servers: ScriptedEndpoint[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

/** The parent of all forks of a script, and the policy that took it. */
async function searched(script: readonly Step[], profile: Profile) {
  const server = await startScriptedEndpoint({ script, imageCache: 64 })
  servers.push(server)
  const endpoint = await openEndpoint({ baseUrl: server.baseUrl, backoffMs: 5 })
  const policy = chatPolicy({ endpoint, model: 'test-vlm', profile })
  const { trajectory } = await searchToEnd({ picture, problem }, policy, { profile, seed: 5 })
  return { server, policy, parent: trajectory }
}

async function forked(parent: Trajectory, policy: Policy, profile: Profile, words: ForkWords): Promise<Trajectory> {
  const plan = { policy: policy.name, profile, seed: 6, maxTurns: 8 }
  const begun = planFork(parent, words, plan)
  return (await searchToEnd({ picture, problem }, policy, { profile, seed: 6, maxTurns: 8, begun })).trajectory
}

const hashes = (server: ScriptedEndpoint, request: number): string[] =>
  server.requests.at(request)!.messages.map(({ hash }) => hash)

describe('a fork of a chat search', () => {
  const script = [
    zoom('0, 0, 0.5, 0.5'),
    zoom('5, 5, 5, 5'),
    zoom('0, 0, 1, 1', 'observation_1'),
    answer('red'),
    answer('blue'),
  ]

  it('sends the turns before it byte for byte as they were sent, and counts only what is new', async () => {
    const { server, policy, parent } = await searched(script, profiles.default)
    expect(parent.turns.map(({ error }) => error?.code)).toEqual([undefined, 'wrong-unit', undefined, undefined])
    const fork = await forked(parent, policy, profiles.default, { turn: 4 })
    expect(server.requests).toHaveLength(5)
    expect(hashes(server, 4)).toEqual(hashes(server, 3))
    expect(server.violations).toEqual([])
    expect(fork.answer).toBe('red')
    expect(fork.turns.map(({ usage }) => usage.promptTokens)).toEqual(
      parent.turns.map(({ usage }) => usage.promptTokens),
    )
    expect(fork.parent).toEqual({ sampleIndex: 0, policy: policy.name, turn: 4, changed: ['seed'] })
  })

  it('sends a turn with another box as the policy would have written it', async () => {
    const { server, policy, parent } = await searched(script, profiles.default)
    const look = { boxRel: relativeBox(0.25, 0.5, 1, 1), source: 1 }
    await forked(parent, policy, profiles.default, { turn: 3, look })
    const sent = server.requests.at(-1)!.messages
    expect(sent.map(({ hash }) => hash).slice(0, 6)).toEqual(hashes(server, 3).slice(0, 6))
    expect(sent.slice(6).map(({ role, text, images }) => [role, text, images.length])).toEqual([
      ['assistant', zoom('0.25, 0.5, 1, 1', 'observation_1'), 0],
      ['user', expect.stringContaining('observation_2'), 1],
    ])
  })

  it('sends thinking that came in a field of its own in a field of its own', async () => {
    const apart = (text: string, reasoning: string): Step => ({ text, reasoning })
    const call = '<grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'
    const { server, policy, parent } = await searched(
      [apart(call, 'Left, I think.'), answer('red'), answer('blue')],
      profiles.default,
    )
    const fork = await forked(parent, policy, profiles.default, { turn: 1, thought: 'Right, I say.' })
    expect(fork.turns[0]).toMatchObject({
      text: call,
      thinking: 'Right, I say.',
      thought: 'Right, I say.',
      byHand: ['thought'],
    })
    expect(server.requests.at(-1)!.messages.at(-2)!.text).toContain('Right, I say.')
    expect(server.requests.at(-1)!.messages.at(-2)!.text).not.toContain('Left')
  })

  it('sends native calls as calls, with a result for each', async () => {
    const call = (box: string) => ({
      id: 'call_1',
      name: 'zoom',
      arguments: `{"bbox_2d": [${box}], "source": "original_image"}`,
    })
    const native: Step = { text: 'I look.', toolCalls: [call('0, 0, 0.5, 0.5')], finish: 'tool_calls' }
    const { server, policy, parent } = await searched([native, answer('red'), answer('blue')], profiles.tools)
    const look = { boxRel: relativeBox(0.5, 0.5, 1, 1), source: 0 }
    const fork = await forked(parent, policy, profiles.tools, { turn: 1, look })
    expect(fork.turns[0]).toMatchObject({ thought: 'I look.', action: { kind: 'grounding', boxRel: [0.5, 0.5, 1, 1] } })
    const [, , reply, result, shown] = server.requests.at(-1)!.messages
    expect(reply!.text).toBe('I look.')
    expect(reply!.toolCalls).toMatchObject([
      { type: 'function', function: { arguments: expect.stringContaining('[0.5, 0.5, 1, 1]') } },
    ])
    expect([result!.role, shown!.role, shown!.images.length]).toEqual(['tool', 'user', 1])
  })
})
