import sharp from 'sharp'
import { expect, test } from 'vitest'
import { searched } from '../../../test/searched.ts'
import { boxSize } from '../../protocol/box.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { openPicture } from '../../vision/open.ts'
import type { Picture } from '../../vision/picture.ts'
import { contains } from '../step.ts'
import { frameSvg } from './frame.ts'
import { readingMs, shotsOf } from './shots.ts'
import { drawAnimation } from './write-animation.ts'

const stage = { width: 800, height: 800 }

test('every turn is shown: its box on its source, the way into it, the region; the answer comes last and stays', () => {
  const trajectory = searched([0, 1, -1, 0], 'A thought of a few words.')
  const shots = shotsOf(trajectory, stage)
  expect([...new Set(shots.map(({ turn }) => turn))]).toEqual([0, 1, 2, 3, 4, 6])
  expect(shots.at(-1)).toMatchObject({ kind: 'answer', title: '7' })
  expect(shots.at(-1)!.ms).toBeGreaterThanOrEqual(3500)
  const [refused, ...others] = shots.filter(({ kind }) => kind === 'refused')
  expect(others).toEqual([])
  // Its box lies on the original, while the turn before looked closer.
  expect(refused!.view).toEqual(shots[0]!.view)
  expect(refused!.outline).toEqual({ box: [0, 0, 512, 512], turn: 3 })
  const second = shots.filter(({ turn }) => turn === 2)
  const box = trajectory.observations[2]!.boxInOriginalPx
  for (const { view, outline } of second) {
    if (!('box' in view)) throw new Error('no camera')
    const { width, height } = boxSize(view.box)
    expect(width).toBeCloseTo(height, 3)
    expect(contains(view.box, box)).toBe(true)
    if (outline) expect(outline).toEqual({ box, turn: 2 })
  }
  expect(second[0]!.ms).toBe(readingMs('A thought of a few words.'))
})

test.each([200, 90, 33])('a search of %i turns has no more shots than can be watched', (turns) => {
  const shots = shotsOf(searched(Array.from({ length: turns }, (_, index) => index)), stage)
  expect(shots.length).toBeLessThan(200)
  expect(shots.at(-2)!.turn).toBe(turns)
})

test('words of a model stay words', () => {
  const hostile = '<script>alert(1)</script><image href="http://evil.example/x"/> ]]> &amp; \ufffe\u0000'
  const trajectory = searched([0], hostile, hostile)
  for (const shot of shotsOf(trajectory, stage)) {
    const svg = frameSvg(
      shot,
      { url: 'data:image/png;base64,AAAA', place: { x: 0, y: 0, ...stage } },
      stage,
      trajectory,
    )
    expect(svg).not.toMatch(/<script|evil\.example\/x"\/>|\ufffe/)
    expect(svg).not.toContain('\0')
    expect(svg.match(/<image/g)).toHaveLength(1)
  }
})

async function photograph(parents: readonly number[]): Promise<{ picture: Picture; trajectory: Trajectory }> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const
  const create = { width: 1024, height: 1024, channels: 3, background: '#888888', noise } as const
  const picture = await openPicture(await sharp({ create }).png().toBuffer())
  return {
    picture,
    trajectory: { ...searched(parents), picture: { sha256: picture.sha256, width: 1024, height: 1024 } },
  }
}

test('WebP plays all shots for their times', { timeout: 900_000 }, async () => {
  const { picture, trajectory } = await photograph([0])
  const shots = shotsOf(trajectory, stage)
  const whole = await drawAnimation('webp', trajectory, [picture], 20_000_000)
  const { pages, delay, loop, width, format } = await sharp(whole, { animated: true }).metadata()
  expect({ pages, loop, width, format }).toEqual({ pages: shots.length, loop: 0, width: 800, format: 'webp' })
  expect(delay).toEqual(shots.map(({ ms }) => ms))
})

// A refused look has the fewest shots: encoding is what takes the time.
test('WebP and GIF have at most the bytes that are allowed', { timeout: 900_000 }, async () => {
  const { picture, trajectory } = await photograph([-1])
  const whole = await drawAnimation('webp', trajectory, [picture], 20_000_000)
  const small = await drawAnimation('webp', trajectory, [picture], Math.round(whole.length / 2))
  expect(small.length).toBeLessThanOrEqual(whole.length / 2)
  const gif = await drawAnimation('gif', trajectory, [picture], 20_000_000)
  const { pages, format } = await sharp(gif, { animated: true }).metadata()
  expect({ pages, format }).toEqual({ pages: shotsOf(trajectory, stage).length, format: 'gif' })
  await expect(drawAnimation('webp', trajectory, [picture], 10_000)).rejects.toMatchObject({
    code: 'animation-too-large',
    exitCode: 2,
  })
})
