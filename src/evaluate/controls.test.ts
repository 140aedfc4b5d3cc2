/** Controls through the real loop: what the policy receives under each, what is stored, and what the figures make of it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BenchmarkEntry } from '../benchmark/entry.ts'
import { judgeChoice } from '../judge/choice.ts'
import { viewsOf } from '../policy/policy.ts'
import type { Message, Policy } from '../policy/policy.ts'
import { controlNames } from '../protocol/control.ts'
import type { ControlName } from '../protocol/control.ts'
import { profiles } from '../protocol/profile.ts'
import { relativeBox } from '../protocol/box.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Profile } from '../protocol/profile.ts'
import { openRun } from '../runs/run-folder.ts'
import { openPicture } from '../vision/open.ts'
import { openControl, whyNot } from './controls.ts'
import type { Controlled, Looking } from './controls.ts'
import { evaluate } from './evaluate.ts'
import { readOutcomes } from './stored-outcomes.ts'

const view = {
  kind: 'budget',
  minPixels: 400,
  maxPixels: 6_400,
  minSide: 1,
  maxAspect: null,
  resampler: 'area',
} as const
const profile: Profile = { ...profiles.default, firstView: view, observationView: view }
const colours = { red: [255, 0, 0], green: [0, 128, 0], blue: [0, 0, 255] } as const
type Colour = keyof typeof colours
const names = ['red', 'green', 'blue'] as const

/** A grey picture whose upper left quarter has a colour; 200 pixels a side, of which its overview shows 80. */
async function drawn(colour: Colour): Promise<Buffer> {
  const quarter = { create: { width: 100, height: 100, channels: 3, background: colour } } as const
  const overlay = await sharp(quarter).png().toBuffer()
  return sharp({ create: { width: 200, height: 200, channels: 3, background: '#808080' } })
    .composite([{ input: overlay, left: 0, top: 0 }])
    .png()
    .toBuffer()
}

const listed = '\nOptions:\n(A) red\n(B) green\n(C) blue\nAnswer with the letter of the right option.'

function entryOf(colour: Colour, change: Partial<Problem> = {}, further: readonly Colour[] = []): BenchmarkEntry {
  const target = { targetBoxRel: relativeBox(0.15, 0.15, 0.35, 0.35) }
  const question = `Which colour is the square?${listed}`
  return {
    problem: { docId: colour, dataSource: 'set', question, answer: colour, choices: [...names], ...target, ...change },
    slices: {},
    place: colour,
    openPicture: async () => openPicture(await drawn(colour)),
    ...(further.length > 0 && { openFurther: further.map((one) => async () => openPicture(await drawn(one))) }),
    checkPicture: async () => undefined,
  }
}

const entries = names.map((colour) => entryOf(colour))

/** What a policy was told in one search. */
interface Told {
  readonly docId: string
  readonly system: string
  readonly texts: string[]
  /** Of each view its size and the colour of its middle. */
  readonly seen: string[]
}

function nameOf(rgb: readonly number[]): string {
  if (rgb.every((value) => value === 0)) return 'black'
  return names.find((name) => colours[name].every((value, at) => Math.abs(value - rgb[at]!) < 30)) ?? 'grey'
}

/** Zooms into the upper left quarter where it is told how to, then answers with the colour in the middle of what it sees. */
function looker(told: Told[], zooms = true): Policy {
  return {
    name: 'chat:looker',
    open: ({ docId }) => {
      const own: Told = { docId, system: '', texts: [], seen: [] }
      let colour = 'nothing'
      async function see(message: Message): Promise<void> {
        own.texts.push(message.text)
        for (const { pixels } of viewsOf(message)) {
          const { width, height, data } = await pixels()
          const middle = (Math.floor(height / 2) * width + Math.floor(width / 2)) * 3
          colour = nameOf([...data.subarray(middle, middle + 3)])
          const blank = data.every((value) => value === 0) ? ' all' : ''
          own.seen.push(`${width}x${height} ${colour}${blank}`)
        }
      }
      return {
        async take(message) {
          if (message.kind === 'question') told.push({ ...own, system: message.system })
          await see(message)
          const canZoom = zooms && message.kind === 'question' && message.system.includes('zoom')
          const source = viewsOf(message).length > 1 ? 'original_image_1' : 'original_image'
          const text = canZoom
            ? `<think>Closer.</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "${source}"}</grounding>`
            : `<think>Seen.</think><answer>${colour}</answer>`
          return { text, finish: 'stop', usage: { promptTokens: 10, imageTokens: 8, replyTokens: 2 } }
        },
        close: () => {},
      }
    },
  }
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'controls-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function evaluated(
  name: string,
  { problems, policy, control }: { problems: readonly BenchmarkEntry[]; policy: Policy; control?: Controlled },
) {
  const maxTurns = control?.maxTurns ?? 6
  const run = await openRun(join(folder, name), { samples: 2, maxTurns, seed: 1 })
  const changed = control && { profile: control.profile, profileOf: control.profileOf, policy: control.policy(policy) }
  const base = { policy, profile, samples: 2, maxTurns, seed: 1, concurrency: 2, run }
  try {
    const judge = control?.judge(judgeChoice) ?? judgeChoice
    return await evaluate({ ...base, ...changed, problems: control?.entries ?? problems, judge })
  } finally {
    await run.close()
  }
}

async function looked() {
  const path = join(folder, 'looking')
  return { folder: path, outcomes: [...(await readOutcomes(path)).done.values()] }
}

/** Looks, then runs the control: what was told in it, and its accuracy. */
async function controlled(name: ControlName, problems: readonly BenchmarkEntry[] = entries) {
  const looking: Looking = { policy: 'chat:looker', profile, entries: problems }
  const before = await evaluated('looking', { problems, policy: looker([]) })
  const control = await openControl(name, looking, await looked())
  if (typeof control === 'string') throw new Error(control)
  const told: Told[] = []
  const { summary } = await evaluated(name, { problems, policy: looker(told), control })
  const lines = (await readFile(join(folder, name, 'trajectories.jsonl'), 'utf8')).trimEnd().split('\n')
  return {
    before: before.summary.avgAtK,
    accuracy: summary.avgAtK,
    told,
    stored: lines.map((line) => JSON.parse(line)),
  }
}

describe('what the policy receives', () => {
  test('black: the picture as it is, and every crop black at its own size', async () => {
    const { before, accuracy, told, stored } = await controlled('black')
    expect([before, accuracy]).toEqual([1, 0])
    for (const { seen } of told) expect(seen).toEqual(['80x80 grey', '80x80 black all'])
    expect(stored[0]).toMatchObject({ policy: 'chat:looker (crops black)', answer: 'black' })
  })

  test('shuffled: the crop that a search of another problem was shown', async () => {
    const { accuracy, told } = await controlled('shuffled')
    expect(accuracy).toBe(0)
    expect(told).toHaveLength(6)
    for (const { docId, seen } of told) {
      expect(seen).toHaveLength(2)
      expect(seen[1]).toMatch(/^80x80 (?:red|green|blue)$/)
      expect(seen[1]).not.toBe(`80x80 ${docId}`)
    }
  })

  test('shuffled: no crop of the same picture, also from another question about it', async () => {
    const twice = [entryOf('red'), entryOf('red', { docId: 'red again' }), entryOf('blue')]
    const { told } = await controlled('shuffled', twice)
    for (const { docId, seen } of told) expect(seen[1]).toBe(docId === 'blue' ? '80x80 red' : '80x80 blue')
  })

  test('shuffled: black where every other search shows a picture of the same question', async () => {
    const linked = [entryOf('red', {}, ['blue']), entryOf('red', { docId: 'one' }), entryOf('blue', { docId: 'other' })]
    const { told } = await controlled('shuffled', linked)
    for (const { docId, seen } of told) {
      if (docId === 'red') expect(seen.at(-1)).toBe('80x80 black all')
      else expect(seen.at(-1)).toBe(docId === 'one' ? '80x80 blue' : '80x80 red')
    }
  })

  test('overview: one view with as many pixels as all views of that search had, and no word of a zoom', async () => {
    const { accuracy, told, stored } = await controlled('overview')
    expect(accuracy).toBe(0)
    for (const { seen, system } of told) {
      // Two views of 80 x 80 pixels.
      expect(seen).toEqual(['113x113 grey'])
      expect(system).not.toMatch(/zoom|grounding/)
    }
    expect(stored[0].observations).toMatchObject([{ view: { width: 113, height: 113 } }])
    expect(stored[0]).toMatchObject({ maxTurns: 1, end: 'answered' })
  })

  test('overview: pictures of one question share the pixels', async () => {
    const { told } = await controlled('overview', [entryOf('red', {}, ['blue']), entryOf('green', {}, ['blue'])])
    // Three views of 80 x 80 pixels for two pictures.
    for (const { seen } of told) expect(seen).toEqual(['97x97 grey', '97x97 grey'])
  })

  test('no picture: the question without a view or a mark of one, for one picture and for several', async () => {
    const { accuracy, told } = await controlled('no-picture', [entryOf('red'), entryOf('green', {}, ['blue'])])
    expect(accuracy).toBe(0)
    for (const { seen, texts } of told) {
      expect(seen).toEqual([])
      expect(texts).toEqual([`Which colour is the square?${listed}`])
    }
  })

  test('target: its surroundings alone, in place of all pictures', async () => {
    const { accuracy, told, stored } = await controlled('target', [entryOf('red'), entryOf('green', {}, ['blue'])])
    expect(accuracy).toBe(1)
    for (const { docId, seen } of told) expect(seen).toEqual([`80x80 ${docId}`])
    // Twice the target's 40 pixels.
    expect(stored[0].picture).toMatchObject({ width: 80, height: 80 })
  })

  test('target: problems without a known target are left out of that run', async () => {
    const { targetBoxRel: _, ...unknown } = entryOf('blue').problem
    const { stored } = await controlled('target', [entryOf('red'), { ...entryOf('blue'), problem: unknown }])
    expect(new Set(stored.map(({ problem }) => problem.docId))).toEqual(new Set(['red']))
  })

  test('no options: the question without what it offers, zooms as usual, and a letter is no answer', async () => {
    const lettered = entryOf('green', { answer: '(B) green' })
    const { accuracy, told, stored } = await controlled('no-options', [entryOf('red'), lettered])
    expect(accuracy).toBe(1)
    for (const { seen, texts } of told) {
      expect(seen).toHaveLength(2)
      expect(texts[0]).toBe('<image>\nWhich colour is the square?')
    }
    expect(new Set(stored.map(({ problem }) => problem.answer))).toEqual(new Set(['red', 'green']))
    const looking: Looking = { policy: 'chat:looker', profile, entries }
    const control = (await openControl('no-options', looking, await looked())) as Controlled
    const { problem } = control.entries[0]!
    const verdict = (answer: string) => control.judge(judgeChoice)(problem, answer, undefined)
    expect(verdict('A')).toMatchObject({ kind: 'wrong' })
    expect(verdict('The square is red.')).toMatchObject({ kind: 'correct' })
  })
})

describe('what would show nothing', () => {
  test.each<[ControlName, Partial<Looking>, string]>([
    [
      'target',
      {
        entries: names.map((name) => ({
          ...entryOf(name),
          problem: { ...entryOf(name).problem, targetBoxRel: undefined as never },
        })),
      },
      'no problem has a target box',
    ],
    ['no-options', { entries: [entryOf('red', { question: 'Which colour?' })] }, 'no question lists options'],
    ['shuffled', { entries: [entryOf('red')] }, 'there is only one problem'],
    ['overview', { policy: 'blind' }, 'the policy blind cannot be made to answer in its first turn'],
    ['no-picture', { policy: 'random-crops:chat:qwen' }, 'cannot be made to answer in its first turn'],
  ])('%s', (name, change, why) => {
    const looking: Looking = { policy: 'chat:looker', profile, entries }
    expect(controlNames.map((one) => whyNot(one, looking))).toEqual(controlNames.map(() => undefined))
    expect(whyNot(name, { ...looking, ...change })).toContain(why)
  })

  test('a policy that never zooms has no crops to replace', async () => {
    await evaluated('looking', { problems: entries, policy: looker([], false) })
    const looking: Looking = { policy: 'chat:looker', profile, entries }
    for (const name of ['black', 'shuffled'] as const) {
      expect(await openControl(name, looking, await looked())).toContain('no search zoomed')
    }
  })

  test('crops of one picture alone cannot be shuffled', async () => {
    const twice = [entryOf('red'), entryOf('red', { docId: 'again' })]
    await evaluated('looking', { problems: twice, policy: looker([]) })
    const looking: Looking = { policy: 'chat:looker', profile, entries: twice }
    expect(await openControl('shuffled', looking, await looked())).toContain('the same picture')
  })
})
