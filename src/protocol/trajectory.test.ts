import { describe, expect, it } from 'vitest'
import { defaultPrompts, embeddedPrompts, errorText, observationText, questionText } from './prompts.ts'
import { profileHash, profiles } from './profile.ts'
import { completed, ends, trajectoryJsonSchema, trajectorySchema } from './trajectory.ts'
import type { Trajectory } from './trajectory.ts'
import { turnError, turnErrorCodes } from './turn-error.ts'

const usage = { promptTokens: 70, imageTokens: 64, replyTokens: 12 }
const trajectory: Trajectory = {
  version: 1,
  problem: { docId: 'shapes_easy_1', dataSource: 'shapes', question: 'Which colour?', answer: 'red', level: 'easy' },
  picture: { sha256: 'a'.repeat(64), width: 4000, height: 3000 },
  policy: 'scripted',
  profile: { name: 'default', sha256: profileHash(profiles.default) },
  maxTurns: 32,
  seed: 7,
  sampleIndex: 0,
  turns: [{ text: '<answer>red</answer>', finish: 'stop', action: { kind: 'answer', text: 'red' }, usage, ms: 3.5 }],
  observations: [],
  end: 'answered',
  answer: 'red',
  usage,
  ms: 4,
}

describe('trajectory', () => {
  it('survives its own JSON', () => {
    expect(trajectorySchema.parse(JSON.parse(JSON.stringify(trajectory)))).toEqual(trajectory)
  })

  it.each([
    { version: 2 },
    { end: 'over-time' },
    { picture: { sha256: 'A1', width: 1, height: 1 } },
    { image: 'data:image/png;base64,AAAA' },
    { turns: [{ text: 'x' }] },
    { turns: [{ ...trajectory.turns[0], action: { kind: 'answer', text: 'red', extra: 1 } }] },
  ])('refuses %j', (change) => {
    expect(trajectorySchema.safeParse({ ...trajectory, ...change }).success).toBe(false)
  })

  it('has a JSON Schema that names its version and its ends', () => {
    expect(trajectoryJsonSchema()).toMatchObject({
      type: 'object',
      properties: { version: { const: 1 }, end: { enum: ends } },
    })
  })

  it('takes for complete what ended by itself, rightly or wrongly', () => {
    expect(ends.filter(completed)).toEqual(['answered', 'void'])
  })
})

describe('profiles', () => {
  it('hash what changes a score and nothing else', () => {
    const { official } = profiles
    expect(profileHash(official)).toMatch(/^[0-9a-f]{64}$/)
    expect(profileHash({ ...official, name: 'mine' })).toBe(profileHash(official))
    expect(profileHash({ ...official, maxTurns: 6 })).not.toBe(profileHash(official))
    expect(new Set(Object.values(profiles).map(profileHash)).size).toBe(Object.keys(profiles).length)
  })

  it('hold the numbers of the released loop', () => {
    expect(profiles.official).toMatchObject({
      maxTurns: 12,
      maxImages: 12,
      contextLimit: 32_768,
      contextReserve: 2_000,
      firstView: { minPixels: 40_000, maxPixels: 2_000_000, minSide: 28, resampler: 'lanczos3' },
      observationView: { minPixels: 40_000, maxPixels: 2_000_000, minSide: 28, maxAspect: 200, resampler: 'nearest' },
    })
  })
})

describe('prompts', () => {
  it('are what the embedded policy was trained on, to the byte', () => {
    expect(embeddedPrompts.system).toBe('Find the target and answer.')
    expect(questionText(embeddedPrompts, 'What is it?')).toBe('<image>\nWhat is it?')
    expect(observationText(embeddedPrompts, 2, 3)).toBe('observation_3\n<image>')
    expect(errorText(embeddedPrompts, turnError('empty-width', 'helpful'))).toBe('error: empty-width')
  })

  it('show one picture a message, and quote without filling what is quoted', () => {
    const tricky = 'Is {observation} or {error} or $& there?'
    expect(questionText(defaultPrompts, tricky)).toBe(`<image>\n${tricky}`)
    expect(observationText(defaultPrompts, 0, 1).split('<image>')).toHaveLength(2)
    const text = errorText(defaultPrompts, { code: 'bad-source', error: 'Not "{code}".' })
    expect(text).toContain('Not "{code}".')
  })

  it('quote a bounded, well-formed part of a reply', () => {
    for (const code of turnErrorCodes) {
      for (const style of ['official', 'helpful'] as const) {
        const { error } = turnError(code, style, `${'x'.repeat(119)}🔍${'y'.repeat(1_000_000)}`)
        expect(error.length).toBeLessThan(style === 'official' ? 4_200 : 400)
        expect(error.isWellFormed()).toBe(true)
      }
    }
  })
})
