import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sceneFrom } from '../probe/problem.ts'
import type { SceneRef } from '../probe/problem.ts'
import { boxSize } from '../protocol/box.ts'
import { profiles } from '../protocol/profile.ts'
import { readExemplars, shippedExemplars, shotsFor } from './exemplars.ts'
import type { Exemplar } from './exemplars.ts'
import { labelsOf, patternsOf } from './patterns.ts'

const ways = [
  'breadth-first',
  'depth-first',
  'exhaustive-check',
  'goal-maintenance',
  'self-reflection',
  'trial-and-error',
]

interface Written {
  readonly question: string
  readonly answer: string
  readonly scene: SceneRef
  readonly drawn: { readonly side_px: number; readonly scale: number }
}

/** A digit is read in so many pixels a side of the shape that it stands on. */
const legiblePx = 24

let exemplars: Exemplar[]
beforeAll(async () => {
  exemplars = await readExemplars(shippedExemplars, profiles.default)
})

describe('the exemplars that ship', () => {
  it('are one for each way of searching, four to nine turns long', () => {
    expect(exemplars.map(({ way }) => way)).toEqual(ways)
    for (const { trajectory } of exemplars) {
      expect(trajectory.turns.length).toBeGreaterThanOrEqual(4)
      expect(trajectory.turns.length).toBeLessThanOrEqual(9)
    }
  })

  it.each(ways)('%s shows what it is called, and ends with the target in legible size', async (way) => {
    const { trajectory } = exemplars.find((exemplar) => exemplar.way === way)!
    expect(labelsOf(patternsOf(trajectory))).toContain(way)

    const text = await readFile(join(shippedExemplars, way, 'exemplar.json'), 'utf8')
    const { question, answer, scene: ref, drawn } = JSON.parse(text) as Written
    const { width, height } = trajectory.picture
    expect([width, height]).toEqual([drawn.side_px, drawn.side_px])
    const [, wantedColour, wantedShape] = /\b(red|orange|yellow|green|blue|purple) (\w+)\?$/.exec(question)!
    const scene = sceneFrom(ref)
    const fits = scene.objects.filter(
      ({ colour, shape }) => colour === wantedColour && ['shape', shape].includes(wantedShape!),
    )
    // Of several, the one with the largest digit is meant.
    const target = fits.toSorted((a, b) => b.digit - a.digit)[0]!
    expect(String(target.digit)).toBe(answer)

    const { boxInOriginalPx: box, view } = trajectory.observations.at(-1)!
    const half = (target.side * drawn.scale * width) / 2
    const [x, y] = [target.x * width, target.y * height]
    expect([x - half > box[0], y - half > box[1], x + half < box[2], y + half < box[3]]).toEqual([
      true,
      true,
      true,
      true,
    ])
    const shownPx = (2 * half * view.width) / boxSize(box).width
    expect(shownPx).toBeGreaterThan(legiblePx)
    const inOverviewPx = (2 * half * trajectory.observations[0]!.view.width) / width
    expect(inOverviewPx).toBeLessThan(shownPx / 2)
  })

  it('are shown as the loop tells them, with the replies as they are written', async () => {
    const { shot, trajectory } = exemplars[0]!
    expect(shot.exchanges.map(({ message }) => message.kind)).toEqual(['question', ...Array(6).fill('observation')])
    expect(shot.exchanges.map(({ reply }) => reply)).toEqual(trajectory.turns.map(({ text }) => text))
    const first = shot.exchanges[0]!.message
    expect(first.kind === 'question' && first.text).toContain('Which digit is on the yellow triangle?')
  })

  it('can be told by the released rules too', async () => {
    expect(await readExemplars(shippedExemplars, profiles.official)).toHaveLength(6)
  })
})

describe('shotsFor', () => {
  it('depends on the seed only, and shows all equally often at each place', () => {
    const shots = shotsFor(exemplars, 2)
    const places = [new Map<object, number>(), new Map<object, number>()]
    for (let seed = 1000; seed < 1060; seed++) {
      const shown = shots(seed)
      expect(shown).toHaveLength(2)
      expect(shown[0]).not.toBe(shown[1])
      expect(shots(seed).map((shot, i) => shot === shown[i])).toEqual([true, true])
      for (const [i, shot] of shown.entries()) places[i]!.set(shot, (places[i]!.get(shot) ?? 0) + 1)
    }
    for (const place of places) expect([...place.values()]).toEqual(Array(6).fill(10))
    expect(shotsFor([], 0)(5)).toEqual([])
    expect(() => shotsFor(exemplars, 7)).toThrow(/--shots/)
  })
})

describe('an exemplar of your own', () => {
  const zoom =
    '<think>I look.</think><grounding>{"bbox_2d": [0.1, 0.1, 0.4, 0.4], "source": "original_image"}</grounding>'
  const answer = '<think>I see it.</think><answer>1</answer>'
  const right = { way: 'own', question: 'Which digit?', answer: '1', picture: 'picture.jpg', turns: [zoom, answer] }

  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'exemplars-'))
    await mkdir(join(folder, 'own'))
    const grey = { create: { width: 300, height: 200, channels: 3, background: '#888' } } as const
    await sharp(grey)
      .jpeg()
      .toFile(join(folder, 'own', 'picture.jpg'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const write = (value: unknown): Promise<void> =>
    writeFile(join(folder, 'own', 'exemplar.json'), typeof value === 'string' ? value : JSON.stringify(value))

  it('is read', async () => {
    await write(right)
    const [own] = await readExemplars(folder, profiles.default)
    expect(own).toMatchObject({ way: 'own', trajectory: { answer: '1', end: 'answered' } })
  })

  it.each([
    ['not JSON', '{', /exemplar\.json: is not JSON/],
    ['no turns', { ...right, turns: [] }, /turns: has no turns/],
    ['no question', { ...right, question: ' ' }, /question: is empty/],
    ['no picture', { ...right, picture: 'other.jpg' }, /There is no file .*other\.jpg/],
    ['a picture elsewhere', { ...right, picture: '../own/picture.jpg' }, /name of a file in the same folder/],
    ['a box out of range', { ...right, turns: [zoom.replace('0.4]', '1.4]'), answer] }, /turn 1 .* exceeds its source/],
    ['an empty box', { ...right, turns: [zoom.replace('0.4, 0.4', '0.1, 0.1'), answer] }, /turn 1 is invalid/],
    [
      'no such source',
      { ...right, turns: [zoom.replace('original_image', 'observation_3'), answer] },
      /turn 1 .*no-such/,
    ],
    ['no thought', { ...right, turns: ['<answer>1</answer>'] }, /turn 1 has no thought/],
    ['no answer', { ...right, turns: [zoom] }, /without an answer/],
    ['turns after the answer', { ...right, turns: [answer, zoom] }, /turn 1 answers, but more turns follow/],
    ['a wrong answer', { ...right, answer: '2' }, /answer "1", but "answer" is "2"/],
  ])('with %s is refused, and the message says where', async (_, value, message) => {
    await write(value)
    await expect(readExemplars(folder, profiles.default)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    })
  })

  it('a folder without any is refused', async () => {
    await rm(join(folder, 'own'), { recursive: true })
    await expect(readExemplars(folder, profiles.default)).rejects.toMatchObject({ code: 'exemplars-not-found' })
    await expect(readExemplars(join(folder, 'none'), profiles.default)).rejects.toThrow(/Check --exemplars/)
  })
})
