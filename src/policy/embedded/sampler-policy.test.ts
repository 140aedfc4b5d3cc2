import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { smallConfig } from '../../../test/network.ts'
import { waitingSampler } from '../../../test/waiting-sampler.ts'
import { writeCheckpoint } from '../../engine/embedded/checkpoint.ts'
import type { SampleRequest, Sampler } from '../../engine/engine.ts'
import { initialParameters, parameterSpecs } from '../../model/parameters.ts'
import { decodeTokens, encodeText } from '../../model/tokenizer.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { pixelBox } from '../../protocol/box.ts'
import { embeddedProfileWith, profiles } from '../../protocol/profile.ts'
import { searchToEnd } from '../../search/search-many.ts'
import { ContextLengthError, UserError } from '../../shared/errors.ts'
import { region } from '../../vision/region.ts'
import { overviewPolicy } from '../baseline/overview.ts'
import type { View } from '../policy.ts'
import { embeddedPolicy } from './embedded-policy.ts'
import { checkQuestion, samplerPolicy } from './sampler-policy.ts'
import { viewAndText } from '../../engine/engine.ts'

const scene = makeScene(1, 'easy')
const problem = makeProblem(scene)
const task = { picture: scenePicture(scene, 512), problem }
const zoom = '<think>Goal: x.</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'

/** A black view, for turns that do not depend on what is seen. */
const blank: View = {
  pixels: async () => ({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) }),
  key: 'black',
  boxPx: pixelBox(0, 0, 64, 64),
}

/** Says the given replies in turn, and keeps what it was asked. */
function scripted(...texts: string[]): { sampler: Sampler; asked: SampleRequest[] } {
  const asked: SampleRequest[] = []
  const sample = (request: SampleRequest) => {
    const tokens = request.maxTokens === 1 ? [request.allowed![3]!] : encodeText(texts[asked.length] ?? '')
    asked.push(request)
    return Promise.resolve({ tokens, logprobs: [...tokens.map(() => -0.1), -0.1], ended: true })
  }
  return { sampler: { sample }, asked }
}

describe('embedded policy', () => {
  test('has the shape that its checkpoint says, whatever that of the policy that ships', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shape-'))
    const checkpoint = join(folder, 'small.safetensors')
    await writeCheckpoint(checkpoint, {
      config: smallConfig,
      parameters: initialParameters(parameterSpecs(smallConfig), 1),
    })
    const policy = await embeddedPolicy({ checkpoint, workers: 1 })
    try {
      const { trajectory } = await searchToEnd(task, policy, { profile: profiles.embedded, seed: 1, maxTurns: 1 })
      expect(trajectory.turns).toHaveLength(1)
    } finally {
      await policy.close?.()
      await rm(folder, { recursive: true })
    }
  })

  test.each(['take', 'answerNow'] as const)(
    'an aborted search lets go of the request of its turn (%s)',
    async (way) => {
      const stop = new AbortController()
      const { sampler, heard } = waitingSampler(stop)
      const inner = samplerPolicy('test', sampler, 0.7)
      const policy = way === 'take' ? inner : overviewPolicy(inner)
      const options = { profile: profiles.embedded, seed: 1, signal: stop.signal }
      await expect(searchToEnd(task, policy, options)).rejects.toMatchObject({ code: 'aborted' })
      expect(heard.map((signal) => signal?.aborted)).toEqual([true])
    },
  )

  test('is conditioned on the question, its own last turn as it was sampled, and the name of what it sees', async () => {
    const { sampler, asked } = scripted(zoom, zoom.replace('0.5, 0.5', '0.25, 0.25'), '</think><answer>4</answer>')
    const policy = samplerPolicy('test', sampler, 0.7)
    const { trajectory, replies } = await searchToEnd(task, policy, { profile: profiles.embedded, seed: 1 })
    const head = `Find the target and answer.${problem.question}`
    expect(asked.map(({ prompt }) => decodeTokens(viewAndText(prompt).tokens))).toEqual([
      `${head}original_image`,
      `${head}${zoom}observation_1`,
      `${head}${zoom.replace('0.5, 0.5', '0.25, 0.25')}observation_2`,
    ])
    expect(asked.every(({ temperature }) => temperature === 0.7)).toBe(true)
    expect(new Set(asked.map(({ seed }) => seed)).size).toBe(3)
    expect(viewAndText(asked[0]!.prompt).view).toMatchObject({ width: 64, height: 64 })
    expect(viewAndText(asked[1]!.prompt).view.data).not.toEqual(viewAndText(asked[0]!.prompt).view.data)
    expect(trajectory.answer).toBe('4')
    expect(replies[1]!.sample!.prompt).toBe(asked[1]!.prompt)
    // The second turn added its end mark, the crop's name and the crop.
    expect(replies[1]!.usage).toMatchObject({ imageTokens: 16, promptTokens: 1 + 1 + 16 })
  })

  test.each([
    [32, 4],
    [96, 36],
  ])(
    'is sent views of %i pixels a side, which cost %i tokens, and looks at them in its own size',
    async (side, cost) => {
      const { sampler, asked } = scripted(zoom, '</think><answer>4</answer>')
      const profile = embeddedProfileWith({ viewSide: side, contextLimit: null })
      const { trajectory, replies } = await searchToEnd(task, samplerPolicy('test', sampler, 1), { profile, seed: 1 })
      expect(trajectory.observations.map(({ view }) => view)).toEqual(
        [side, side].map((px) => ({ width: px, height: px })),
      )
      expect(replies.map(({ usage }) => usage.imageTokens)).toEqual([cost, cost])
      const sent = await task.picture.region(pixelBox(0, 0, 512, 512), { width: side, height: side }, 'area')
      const seen = await region(sent, pixelBox(0, 0, side, side), { width: 64, height: 64 }, 'area')
      expect(viewAndText(asked[0]!.prompt).view).toEqual(seen)
    },
  )

  test('after a mistake it reads the error and keeps its view', async () => {
    const wrong = zoom.replace('original_image', 'observation_9')
    const { sampler, asked } = scripted(wrong, '</think><answer>4</answer>')
    await searchToEnd(task, samplerPolicy('test', sampler, 1), { profile: profiles.embedded, seed: 1 })
    expect(decodeTokens(viewAndText(asked[1]!.prompt).tokens)).toMatch(/error: no-such-source$/)
    expect(viewAndText(asked[1]!.prompt).view).toBe(viewAndText(asked[0]!.prompt).view)
  })

  test('can be made to answer at once, with a digit and nothing else', async () => {
    const { sampler, asked } = scripted()
    const session = samplerPolicy('test', sampler, 1).open(problem, { seed: 1 })
    const text = `<image>\n${problem.question}`
    const message = { kind: 'question', system: 'Find the target and answer.', text, view: blank } as const
    const reply = await session.answerNow!(message, { turn: 1, signal: undefined })
    expect(reply.text).toMatch(/Found it: 3\.<\/think><answer>3<\/answer>$/)
    expect(asked[0]).toMatchObject({ maxTokens: 1 })
    expect(decodeTokens(asked[0]!.allowed!)).toBe('0123456789')
  })

  test('says that it knows generated scenes only, and what to do', () => {
    expect(() => checkQuestion({ ...problem, question: 'What colour is the dog?' })).toThrow(UserError)
    expect(() => checkQuestion({ ...problem, question: 'What colour is the dog?' })).toThrow(/--policy chat:/)
    expect(() => checkQuestion({ ...problem, question: '  Which digit is on the red star? ' })).not.toThrow()
  })

  test('a prompt that leaves no room is refused as too long', async () => {
    const { sampler } = scripted()
    const session = samplerPolicy('test', sampler, 1).open(problem, { seed: 1 })
    const long = { kind: 'question', system: 'x'.repeat(80), text: '<image>', view: blank } as const
    await expect(session.take(long, { turn: 1, signal: undefined })).rejects.toThrow(ContextLengthError)
  })

  test('a checkpoint that is not there is said so', async () => {
    await expect(embeddedPolicy({ checkpoint: 'nowhere.safetensors', workers: 1 })).rejects.toThrow(/No checkpoint at/)
  })
})
