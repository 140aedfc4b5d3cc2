/** Whole searches through a real HTTP server that plays a script and checks what it is sent. */
import sharp from 'sharp'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint, ScriptedOptions, Step } from '../../../test/scripted-endpoint.ts'
import { openEndpoint } from '../../endpoint/open-endpoint.ts'
import type { EndpointOptions } from '../../endpoint/open-endpoint.ts'
import type { Problem } from '../../protocol/problem.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { trajectorySchema } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { searchMany, searchToEnd } from '../../search/search-many.ts'
import type { SearchResult } from '../../search/search-many.ts'
import { openPicture } from '../../vision/open.ts'
import type { Picture } from '../../vision/picture.ts'
import { chatPolicy } from './chat-policy.ts'
import type { ChatPolicyOptions } from './chat-policy.ts'

let picture: Picture
beforeAll(async () => {
  const data = new Uint8Array(250 * 200 * 3)
  for (let i = 0; i < 250 * 200; i++) data.set([i % 250, Math.floor(i / 250), 7], i * 3)
  const raw = { width: 250, height: 200, channels: 3 } as const
  picture = await openPicture(await sharp(data, { raw }).png().toBuffer())
})

const small = { kind: 'exact', width: 56, height: 56, resampler: 'area' } as const
const plain: Profile = { ...profiles.default, firstView: small, observationView: small }
const official: Profile = { ...profiles.official, firstView: small, observationView: small }

const problem: Problem = { docId: 'p1', dataSource: 'test', question: 'Which colour?', answer: 'red' }
const zoom = (box = '0, 0, 0.5, 0.5', source = 'original_image'): string =>
  `<think>Closer.</think><grounding>{"bbox_2d": [${box}], "source": "${source}"}</grounding>`
const answer = '<think>Seen.</think><answer>red</answer>'

interface Setting extends Omit<ScriptedOptions, 'script'> {
  readonly profile?: Profile
  readonly maxTurns?: number
  readonly endpoint?: Partial<EndpointOptions>
  readonly policy?: Partial<ChatPolicyOptions>
}

const servers: ScriptedEndpoint[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

async function serve(script: ScriptedOptions['script'], setting: Setting = {}) {
  const { profile = plain, maxTurns: _, endpoint: words, policy: more, ...options } = setting
  const server = await startScriptedEndpoint({ script, imageCache: 64, ...options })
  servers.push(server)
  const endpoint = await openEndpoint({ baseUrl: server.baseUrl, backoffMs: 5, ...words })
  return { server, endpoint, policy: chatPolicy({ endpoint, model: 'test-vlm', profile, ...more }) }
}

/** One search; whatever its end, the server had nothing to complain of and the trajectory is whole. */
async function play(script: readonly Step[], setting: Setting = {}) {
  const { server, endpoint, policy } = await serve(script, setting)
  const { profile = plain, maxTurns } = setting
  const { trajectory } = await searchToEnd({ picture, problem }, policy, {
    profile,
    seed: 5,
    ...(maxTurns && { maxTurns }),
  })
  expect(server.violations).toEqual([])
  expect(trajectorySchema.parse(JSON.parse(JSON.stringify(trajectory)))).toEqual(trajectory)
  return { server, endpoint, trajectory, told: server.requests.map(({ messages }) => messages.at(-1)!) }
}

const codes = ({ turns }: Trajectory): unknown[] => turns.map(({ error }) => error?.code)

describe('a search ends with an answer', () => {
  it('in the first turn', async () => {
    const { trajectory, server } = await play([answer])
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'red', policy: 'chat:test-vlm' })
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]!.messages.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(server.requests[0]!.messages[1]).toMatchObject({
      text: '\nWhich colour?',
      images: [{ width: 56, height: 56 }],
    })
  })

  it.each([
    ['sent again and again', { ownedBy: 'somebody' }],
    ['named by their ids', { ownedBy: 'vllm' }],
  ])('after 30 turns, each with one picture more and all before it untouched; pictures %s', async (_, kind) => {
    const steps = Array.from({ length: 29 }, (_, turn) => zoom(`0, 0, ${(30 + turn) / 100}, 0.5`))
    const { trajectory, server } = await play([...steps, answer], { maxTurns: 32, ...kind })
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'red' })
    expect(trajectory.turns).toHaveLength(30)
    const pictures = server.requests.map(({ messages }) => messages.flatMap(({ images }) => images).length)
    expect(pictures).toEqual(Array.from({ length: 30 }, (_, turn) => turn + 1))
    const last = server.requests.at(-1)!.messages.map(({ hash }) => hash)
    for (const { messages } of server.requests) {
      expect(messages.map(({ hash }) => hash)).toEqual(last.slice(0, messages.length))
    }
    const { promptTokens, replyTokens } = trajectory.usage
    const { usage } = trajectory.turns.at(-1)!
    expect(promptTokens).toBeGreaterThan(30 * 4)
    expect(usage.promptTokens).toBeLessThan((promptTokens + replyTokens) / 10)
  })

  it.each([
    ['keeps stop strings', { stop: 'include', ownedBy: 'vllm' }],
    ['strips them', { stop: 'strip', ownedBy: 'somebody' }],
    ['does not heed them', { stop: 'ignore', ownedBy: 'somebody' }],
  ] as const)('on a server that %s', async (_, kind) => {
    const { trajectory } = await play([`${zoom()} and then it will`, answer], kind)
    expect(trajectory.turns.map(({ text }) => text)).toEqual([zoom(), answer])
    expect(trajectory.end).toBe('answered')
  })

  it('with thoughts from a field of their own, which go back in it', async () => {
    const { trajectory, server } = await play([
      { text: zoom().replace(/<think>.*<\/think>/, ''), reasoning: 'Hm.' },
      answer,
    ])
    expect(trajectory.turns[0]).toMatchObject({ thought: 'Hm.', observation: 1 })
    expect(server.requests[1]!.messages[2]!.text).toMatch(/^\[reasoning: Hm\.\]<grounding>/)
    expect(trajectory.end).toBe('answered')
  })

  it('the first of two in the released loop, the last otherwise', async () => {
    const steps = [`<answer>blue</answer>${zoom()}`, answer]
    expect((await play(steps, { profile: official })).trajectory).toMatchObject({ end: 'answered', answer: 'blue' })
    expect((await play(steps)).trajectory).toMatchObject({ end: 'answered', answer: 'red' })
  })
})

describe('a search in another dialect', () => {
  const seen = { firstView: small, observationView: small }
  const text = (name: string, values: object): string =>
    `<tool_call>${JSON.stringify({ name, arguments: values })}</tool_call>`

  it('calls natively, is told of its mistakes as results, and sees pictures behind them', async () => {
    const call = (id: string, source: string) => ({
      text: 'Closer.',
      toolCalls: [{ id, name: 'zoom', arguments: JSON.stringify({ bbox_2d: [0, 0, 0.5, 0.5], source }) }],
    })
    const steps = [call('a', 'original_image'), call('b', 'observation_7'), call('c', 'observation_1'), 'It is red.']
    const { trajectory, server } = await play(steps, { profile: { ...profiles.tools, ...seen } })
    expect(codes(trajectory)).toEqual([undefined, 'no-such-source', undefined, undefined])
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'It is red.', observations: [{}, {}, { parent: 1 }] })
    const { messages, body } = server.requests.at(-1)!
    expect(body.tools).toHaveLength(1)
    const looked = ['assistant', 'tool', 'user with a picture']
    expect(messages.map(({ role, images }) => (images.length === 0 ? role : `${role} with a picture`))).toEqual(
      ['system', 'user with a picture', looked, 'assistant', 'tool', looked].flat(),
    )
    expect(messages[3]!.text).toBe('observation_1:')
    expect(messages[6]!.text).toContain('That zoom failed.')
  })

  it('writes its calls into the text, as DeepEyes and Pixel Reasoner do', async () => {
    const eyes = [text('image_zoom_in_tool', { bbox_2d: [0, 0, 28, 28] }), '<answer>red</answer>']
    expect((await play(eyes, { profile: { ...profiles['deepeyes-lenient'], ...seen } })).trajectory).toMatchObject({
      end: 'answered',
      answer: 'red',
      observations: [{}, { boxInOriginalPx: [0, 0, 125, 100] }],
    })
    const crop = [text('crop_image_normalized', { bbox_2d: [0, 0, 0.5, 0.5], target_image: 1 }), 'It is \\boxed{red}']
    expect(
      (await play(crop, { profile: { ...profiles['pixel-reasoner-lenient'], ...seen } })).trajectory,
    ).toMatchObject({
      end: 'answered',
      answer: 'red',
      observations: [{}, {}],
    })
  })

  it('asks DeepEyes the same again after a reply without call and answer, which is forgotten', async () => {
    const call = text('image_zoom_in_tool', { bbox_2d: [0, 0, 28, 28] })
    const { trajectory, server } = await play([call, 'Hm.'], { profile: profiles.deepeyes })
    expect(trajectory).toMatchObject({ end: 'over-turn', answer: 'Hm.' })
    const roles = server.requests.map(({ messages }) => messages.map(({ role }) => role))
    const again = Array.from({ length: 10 }, () => ['system', 'user', 'assistant', 'user'])
    expect(roles).toEqual([['system', 'user'], ...again])
    expect(server.requests.at(-1)!.messages[2]!.text).toBe(call)
    const cut = await play([{ text: '<think>Far', finish: 'length' }], { profile: profiles.deepeyes })
    expect(cut.trajectory).toMatchObject({ end: 'over-turn', answer: '<think>Far' })
  })

  it('answers in its only turn', async () => {
    const { trajectory, server } = await play(['red'], { profile: { ...profiles.direct, ...seen } })
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'red' })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a mistake is told back', () => {
  it('a call wins over an answer in the same turn', async () => {
    const { trajectory } = await play([`<answer>blue</answer>${zoom()}`, answer])
    expect(trajectory.turns[0]).toMatchObject({ action: { kind: 'grounding' }, observation: 1 })
  })

  it('a malformed box, a bad source, no call at all in its tags', async () => {
    const bad = [zoom('0.1, 0.2'), zoom('0, 0, 1, 1', 'observation_9'), '<grounding>there</grounding>']
    const { trajectory, told } = await play([...bad, zoom(), answer])
    expect(codes(trajectory)).toEqual(['bad-box', 'no-such-source', 'bad-call', undefined, undefined])
    expect(told.slice(1).map(({ images }) => images.length)).toEqual([0, 0, 0, 1])
    expect(told[1]!.text).toContain('That zoom failed.')
    expect(trajectory.end).toBe('answered')
  })

  it('shifts the labels in the official numbering only', async () => {
    const steps = [zoom('1, 1, 0, 0'), zoom(), answer]
    expect((await play(steps, { profile: official })).told[2]!.text).toContain('observation_2')
    expect((await play(steps)).told[2]!.text).toContain('observation_1')
  })
})

describe('a search meets a limit', () => {
  it('over-turn: at the last turn that it has', async () => {
    const { trajectory, server } = await play([zoom(), zoom()], { maxTurns: 2 })
    expect(trajectory).toMatchObject({ end: 'over-turn', answer: null })
    expect(server.requests).toHaveLength(2)
  })

  it('over-image: at the profile’s cap, before the server complains', async () => {
    const { trajectory, server } = await play([zoom(), zoom()], { profile: { ...plain, maxImages: 2 }, maxImages: 2 })
    expect(trajectory.end).toBe('over-image')
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200])
  })

  it('a cap of the server that the profile does not know is the user’s to mend, by a flag that is named', async () => {
    await expect(play([zoom(), zoom(), answer], { maxImages: 2 })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('limit-mm-per-prompt'),
    })
  })

  it('over-context: by the profile’s limit, the last observation taken back', async () => {
    const first = (await play([zoom(), answer])).trajectory
    const { promptTokens, replyTokens } = first.turns[0]!.usage
    const contextLimit = promptTokens + replyTokens + first.turns[1]!.usage.promptTokens
    const { trajectory } = await play([zoom(), answer], { profile: { ...plain, contextLimit } })
    expect(trajectory).toMatchObject({ end: 'over-context', answer: null, observations: [{ index: 0 }] })
    expect(trajectory.turns).toHaveLength(1)
  })

  it('over-context: by the server’s', async () => {
    const first = (await play([zoom(), answer])).trajectory
    const { promptTokens, replyTokens } = first.turns[0]!.usage
    const maxContext = promptTokens + replyTokens + 64
    const { trajectory, server } = await play([zoom(), answer], { maxContext, policy: { maxTokens: 64 } })
    expect(trajectory).toMatchObject({ end: 'over-context', answer: null, observations: [{ index: 0 }] })
    expect(server.requests.at(-1)!.status).toBe(400)
  })

  it.each<[string, Step, Profile, string | null]>([
    ['an answer that was cut off', { text: '<think>Seen.</think><answer>re', finish: 'length' }, plain, 're'],
    ['an answer at the token limit', { text: answer, finish: 'length' }, plain, 'red'],
    ['text behind the answer', `${answer} I think.`, official, 'red'],
    ['a thought that was cut off, in the released loop', { text: '<think>And', finish: 'length' }, official, null],
    ['an empty reply', '', plain, null],
  ])('void: %s', async (_, step, profile, expected) => {
    // What holds nothing is asked for once more.
    const { trajectory } = await play([zoom(), step, step], { profile })
    expect(trajectory).toMatchObject({ end: 'void', answer: expected })
  })
})

describe('a server that stumbles', () => {
  const busy: Step = { status: 429, headers: { 'retry-after': '0' }, body: { error: { message: 'Slow down.' } } }
  const cut: Step = { fault: 'cut' }

  it('does no harm while it recovers within the tries', async () => {
    const { trajectory, server } = await play([
      busy,
      busy,
      zoom(),
      busy,
      { status: 503, headers: { 'retry-after': '0' } },
      answer,
    ])
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'red' })
    expect(trajectory.turns).toHaveLength(2)
    expect(server.requests.map(({ status }) => status)).toEqual([429, 429, 200, 429, 503, 200])
  })

  it('and cuts the line amid a reply is asked again', async () => {
    const { trajectory, server } = await play([zoom(), cut, answer])
    expect(trajectory.end).toBe('answered')
    expect(server.requests).toHaveLength(3)
  })

  it('for ever: the search failed after so many tries', async () => {
    const { trajectory, server } = await play([zoom(), busy, busy, busy, busy], { endpoint: { maxTries: 3 } })
    expect(trajectory).toMatchObject({ end: 'failed', answer: null, failure: { code: expect.any(String) } })
    expect(trajectory.turns).toHaveLength(1)
    expect(server.requests).toHaveLength(4)
  })

  it('and never answers: the search failed when time was up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const onHang = (): void => void vi.advanceTimersByTime(50_000)
    const setting = {
      onHang,
      profile: { ...plain, wallClockMs: 200_000 },
      endpoint: { timeoutMs: 50_000, maxTries: 2 },
    }
    const { trajectory } = await play([zoom(), { fault: 'hang' }, { fault: 'hang' }], setting)
    vi.useRealTimers()
    expect(trajectory).toMatchObject({ end: 'failed', turns: [{ observation: 1 }] })
  })

  it('and never answers: the time of the profile ends the search too', async () => {
    const { trajectory } = await play([{ fault: 'hang' }], { profile: { ...plain, wallClockMs: 100 } })
    expect(trajectory).toMatchObject({ end: 'failed', failure: { code: 'wall-clock' } })
  })

  it('and sends 50 MB: the search failed, and the reply was not read to its end', async () => {
    const huge: Step = { fault: 'huge' }
    const { trajectory } = await play([huge, huge], { endpoint: { maxTries: 2 } })
    expect(trajectory).toMatchObject({ end: 'failed', failure: { code: 'reply-too-large' } })
  })

  it('takes no finished search with it', async () => {
    const script = { 'Which colour?': [zoom(), cut, cut, cut], 'Which shape?': [zoom(), answer] }
    const { server, policy } = await serve(script, { endpoint: { maxTries: 2 } })
    const samples = ['Which colour?', 'Which shape?'].map((question) => ({
      task: { picture, problem: { ...problem, docId: question, question } },
      sampleIndex: 0,
    }))
    const results: SearchResult[] = []
    const many = searchMany(samples, policy, { profile: plain, seed: 1, concurrency: 2 })
    for await (const result of many) results.push(result)
    expect(server.violations).toEqual([])
    const ends = results.map(({ trajectory }) => [trajectory.problem.question, trajectory.end]).toSorted()
    expect(ends).toEqual([
      ['Which colour?', 'failed'],
      ['Which shape?', 'answered'],
    ])
  })
})
