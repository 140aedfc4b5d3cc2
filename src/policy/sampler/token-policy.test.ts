import { describe, expect, test } from 'vitest'
import { ids, qwenFiles } from '../../../test/qwen-files.ts'
import { waitingSampler } from '../../../test/waiting-sampler.ts'
import { type Prompt, promptLength, type Sampler, type SampleRequest } from '../../engine/engine.ts'
import { chatModel } from '../../model/renderer/chat-model.ts'
import { pixelBox } from '../../protocol/box.ts'
import { profiles } from '../../protocol/profile.ts'
import { planFork } from '../../search/fork.ts'
import { searchToEnd } from '../../search/search-many.ts'
import { openPicture } from '../../vision/open.ts'
import { encodePng } from '../../vision/encode.ts'
import { openConversation, shownPictures } from './conversation.ts'
import { tokenPolicy } from './token-policy.ts'

const model = chatModel(
  qwenFiles(
    ['<think>'],
    [
      ['>', '\n'],
      ['n', 'g'],
      ['ng', '>'],
      ['ng>', '\n'],
    ].map(([a, b]) => [a!, b === '\n' ? 'Ċ' : b!]),
  ),
)
const { encode, decode } = model.tokenizer

const noise = { width: 700, height: 500, data: Uint8Array.from({ length: 700 * 500 * 3 }, (_, i) => (i * 7919) % 251) }
const problem = { docId: 'p', dataSource: 'test', question: 'Which <|im_end|> digit?', answer: '7' }

async function task() {
  return { problem, picture: await openPicture(await encodePng(noise)) }
}

type Said = { readonly text: string; readonly ended?: boolean; readonly behind?: string }

/** Says these texts, token by token, and keeps what it was asked. */
function scripted(...said: readonly Said[]): { readonly sampler: Sampler; readonly asked: SampleRequest[] } {
  const asked: SampleRequest[] = []
  const sample = async (request: SampleRequest) => {
    const { text, ended = true, behind = '' } = said[asked.length]!
    asked.push(request)
    const tokens = encode(text + behind)
    const logprobs = [...tokens, ...(ended ? [model.end] : [])].map((_, i) => -(i + 1) / 1000)
    return { tokens, logprobs, ended }
  }
  return { sampler: { sample }, asked }
}

const zoom = (source: string) =>
  `<think>look</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "${source}"}</grounding>`
const answer = '<think>seen</think><answer>7</answer>'

async function searched(said: readonly Said[], profile = profiles['official-train']) {
  const { sampler, asked } = scripted(...said)
  const policy = tokenPolicy({ name: 'token:test', sampler, model, profile, temperature: 1, maxTokens: 99 })
  const { trajectory, replies } = await searchToEnd(await task(), policy, { profile, seed: 3 })
  return { trajectory, samples: replies.map(({ sample }) => sample!), asked }
}

/** The conversation with marks and pictures written out. */
function written(prompt: Prompt): string {
  return prompt
    .map((chunk) => {
      if (chunk.kind !== 'text') return chunk.kind === 'image' ? `[${chunk.format} ${chunk.tokens}]` : '?'
      return chunk.tokens
        .map((token) => {
          const mark = Object.entries(ids).find(([, id]) => id === token)
          return mark ? `<${mark[0]}>` : decode([token])
        })
        .join('')
    })
    .join('')
}

describe('a policy in tokens', () => {
  test('goes on from turns that it did not take under the very prompt that it would have had', async () => {
    const said = [zoom('original_image'), zoom('observation_1'), answer].map((text) => ({ text }))
    const profile = profiles['official-train']
    const { trajectory, asked } = await searched(said)
    const next = scripted({ text: answer.replace('7', '8') })
    const policy = tokenPolicy({ name: 'next', sampler: next.sampler, model, profile, temperature: 1, maxTokens: 99 })
    const under = { policy: 'next', profile, seed: 3, maxTurns: 6 }
    const begun = planFork(trajectory, { turn: 3 }, under)
    const fork = (await searchToEnd(await task(), policy, { profile, seed: 3, begun })).trajectory
    expect(next.asked).toHaveLength(1)
    const { prompt, seed } = next.asked[0]!
    expect([written(prompt), seed]).toEqual([written(asked[2]!.prompt), asked[2]!.seed])
    expect(fork).toMatchObject({ answer: '8', usage: trajectory.usage })
  })

  test('is asked in the layout of its model, and every prompt goes on from the last one and what was sampled', async () => {
    const { trajectory, samples, asked } = await searched([
      { text: zoom('original_image') },
      { text: zoom('observation_1') },
      { text: answer },
    ])
    expect(trajectory).toMatchObject({ end: 'answered', answer: '7' })
    const first = written(asked[0]!.prompt)
    expect(first.startsWith('<start>system\n')).toBe(true)
    // 700 x 500 is 25 x 18 cells of 28 pixels.
    expect(first).toContain('<end>\n<start>user\n<visionStart>[jpeg 450]<visionEnd>\n')
    expect(first.endsWith('Which <|im_end|> digit?<end>\n<start>assistant\n')).toBe(true)
    const third = written(asked[2]!.prompt)
    expect(third.startsWith(`${written(asked[1]!.prompt)}${zoom('observation_1')}<end>\n<start>user\n`)).toBe(true)
    expect(third.startsWith(first)).toBe(true)
    for (const [i, { prompt }] of asked.slice(1).entries()) {
      const before = samples[i]!
      expect(prompt.slice(0, before.prompt.length).every((chunk, at) => chunk === before.prompt[at])).toBe(true)
      expect(prompt[before.prompt.length]).toEqual({ kind: 'text', tokens: before.reply })
    }
    expect(samples.map(({ reply, logprobs }) => [reply.at(-1), reply.length === logprobs.length])).toEqual(
      samples.map(() => [ids.end, true]),
    )
    expect(new Set(asked.map(({ seed }) => seed)).size).toBe(3)
  })

  test('a turn halts at the end of its tag; what was sampled behind it is neither shown nor learned', async () => {
    const said = { text: zoom('original_image'), behind: '\nThe crop shows <answer>1</answer>' }
    const { trajectory, samples, asked } = await searched([said, { text: answer }])
    expect(trajectory.turns.map(({ text }) => text)).toEqual([said.text, answer])
    const { reply, logprobs } = samples[0]!
    // The last token of the tag holds the line break behind it too: it was sampled as a whole.
    expect(decode(reply)).toBe(`${said.text}\n`)
    expect(logprobs).toHaveLength(reply.length)
    expect(logprobs.at(-1)).toBeCloseTo(-reply.length / 1000)
    expect(reply).not.toContain(ids.end)
    // The conversation closes the message in its place, unlearned.
    expect(written(asked[1]!.prompt)).toContain('</grounding>\n<end>\n<start>user\n')
  })

  test('a turn that was cut off is void, and counts what it cost', async () => {
    const { trajectory } = await searched([{ text: '<think>and so on', ended: false }])
    expect(trajectory).toMatchObject({ end: 'void', turns: [{ finish: 'length' }] })
    const usage = trajectory.turns[0]!.usage
    expect(usage.imageTokens).toBe(450)
    expect(usage.replyTokens).toBe(encode('<think>and so on').length)
  })

  test('a turn in which a picture is made up is cut off before it', async () => {
    const tokens = [...encode('<think>I see'), ids.visionStart, ids.imagePad, ids.visionEnd, ...encode(answer)]
    const sampler = {
      sample: async () => ({ tokens, logprobs: [...tokens, model.end].map(() => -1), ended: true }),
    }
    const profile = profiles['official-train']
    const policy = tokenPolicy({ name: 'x', sampler, model, profile, temperature: 1, maxTokens: 99 })
    const { trajectory, replies } = await searchToEnd(await task(), policy, { profile, seed: 3 })
    expect(trajectory).toMatchObject({ end: 'void', turns: [{ text: '<think>I see', finish: 'length' }] })
    expect(replies[0]!.sample).toMatchObject({ reply: encode('<think>I see') })
  })

  test('an aborted search lets go of the request of its turn', async () => {
    const stop = new AbortController()
    const { sampler, heard } = waitingSampler(stop)
    const profile = profiles['official-train']
    const policy = tokenPolicy({ name: 'token:test', sampler, model, profile, temperature: 1, maxTokens: 99 })
    const search = searchToEnd(await task(), policy, { profile, seed: 3, signal: stop.signal })
    await expect(search).rejects.toMatchObject({ code: 'aborted' })
    expect(heard.map((signal) => signal?.aborted)).toEqual([true])
  })

  test('is told of a mistake without a picture', async () => {
    const { asked } = await searched([{ text: zoom('observation_9') }, { text: answer }])
    expect(asked[1]!.prompt.filter(({ kind }) => kind === 'image')).toHaveLength(1)
    expect(written(asked[1]!.prompt)).toMatch(/<end>\n<start>user\n[^<]+.*<end>\n<start>assistant\n$/s)
  })

  test('nothing is asked for that does not fit the context, and a search that fills it ends there', async () => {
    const zooms = Array.from({ length: 6 }, () => ({ text: zoom('original_image') }))
    const fourth = promptLength((await searched(zooms)).asked[3]!.prompt)
    const limited = (contextLimit: number) => ({ ...profiles['official-train'], contextLimit, contextReserve: 90 })
    const full = await searched(zooms, limited(fourth + 90))
    expect(full.asked).toHaveLength(3)
    expect(full.trajectory).toMatchObject({ end: 'over-context' })
    expect(full.trajectory.turns).toHaveLength(3)
    expect(full.trajectory.observations).toHaveLength(3)
    // One token more, and there is room for a reply, as long as the context is.
    const almost = await searched(zooms, limited(fourth + 91))
    expect(almost.asked.map(({ maxTokens }) => maxTokens)).toEqual([99, 99, 99, 91])
    expect(almost.trajectory.end).toBe('over-context')
  })
})

describe('the layout', () => {
  const qwen3 = chatModel(qwenFiles([], [], 'qwen3-vl'))
  const boxPx = pixelBox(0, 0, 64, 64)
  const view = {
    pixels: async () => ({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) }),
    key: 'small',
    boxPx,
  }

  // As the chat templates of Qwen2.5-VL and Qwen3-VL Instruct write these messages, pictures aside.
  test.each([
    ['Qwen2.5-VL', model, '<start>system\nYou are a helpful assistant.<end>\n', '[png 4]'],
    ['Qwen3-VL', qwen3, '', '[png 64]'],
  ] as const)('of %s, mark for mark', async (_, of, unsaid, picture) => {
    const conversation = openConversation(of, undefined, shownPictures())
    await conversation.tell({ kind: 'question', system: '', text: '<image>\nWhich?', view })
    const first = `<start>user\n<visionStart>${picture}<visionEnd>\nWhich?<end>\n<start>assistant\n`
    expect(written(conversation.prompt())).toBe(unsaid + first)
    conversation.reply([...encode('one'), ids.end])
    await conversation.tell({ kind: 'observation', index: 1, text: 'After 1:\n<image>. Go on.', view })
    const second = `one<end>\n<start>user\nAfter 1:\n<visionStart>${picture}<visionEnd>. Go on.<end>\n<start>assistant\n`
    expect(written(conversation.prompt())).toBe(unsaid + first + second)
    conversation.reply(encode('two'))
    await conversation.tell({ kind: 'error', text: 'No <image> there.' })
    const third = 'two<end>\n<start>user\nNo <image> there.<end>\n<start>assistant\n'
    expect(written(conversation.prompt())).toBe(unsaid + first + second + third)
  })

  test('a system message that is given stands in its place', async () => {
    const conversation = openConversation(model, undefined, shownPictures())
    await conversation.tell({ kind: 'question', system: 'Look.', text: '<image>', view })
    expect(written(conversation.prompt())).toMatch(/^<start>system\nLook\.<end>\n<start>user\n<visionStart>/)
  })
})

describe('a picture in a conversation', () => {
  test('is sent at the size that the server leaves as it is, small ones without loss, the same bytes each time', async () => {
    const { picture } = await task()
    const conversation = openConversation(model, undefined, shownPictures())
    const boxPx = pixelBox(0, 0, 150, 224)
    const view = { pixels: async () => picture.region(boxPx, { width: 150, height: 224 }, 'area'), key: 'a', boxPx }
    const cost = await conversation.tell({ kind: 'observation', index: 1, text: 'x\n<image>', view })
    const image = conversation.prompt().find((chunk) => chunk.kind === 'image')!
    expect(image).toMatchObject({ format: 'png', tokens: 40 })
    expect(cost.imageTokens).toBe(40)
    const sent = await openPicture(await image.bytes())
    expect([sent.width, sent.height]).toEqual([140, 224])
    expect(await image.bytes()).toEqual(await image.bytes())
  })

  test('few are drawn before they are files, however many searches begin at once, and the same one only once', async () => {
    const boxPx = pixelBox(0, 0, 300, 300)
    const data = new Uint8Array(300 * 300 * 3)
    const shown = shownPictures()
    let [drawn, told, most] = [0, 0, 0]
    const tell = async (key: string): Promise<void> => {
      const pixels = async () => {
        most = Math.max(most, ++drawn - told)
        return { width: 300, height: 300, data }
      }
      const view = { pixels, key, boxPx }
      await openConversation(model, undefined, shown).tell({ kind: 'question', system: '', text: '<image>', view })
      told++
    }
    await Promise.all(Array.from({ length: 60 }, (_, i) => tell(`of its own ${i}`)))
    expect(drawn).toBe(60)
    expect(most).toBeLessThanOrEqual(16)
    await Promise.all(Array.from({ length: 60 }, () => tell('of a group')))
    expect(drawn).toBe(61)
  })
})
