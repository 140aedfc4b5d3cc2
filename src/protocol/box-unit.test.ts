/** Boxes in another unit or form than they were asked for, as models write them. */
import { describe, expect, it } from 'vitest'
import { parseTurn } from './parse-turn.ts'
import { profileWith, profiles } from './profile.ts'
import type { Profile } from './profile.ts'

const call = (bbox: string): string => `<grounding>{"bbox_2d": ${bbox}, "source": "original_image"}</grounding>`
const size = { width: 1000, height: 500 }
const parse = (bbox: string, profile: Profile) => parseTurn(call(bbox), profile, () => size)
const relative = profiles.default
const thousand = profileWith(relative, { coordinates: 'thousand' })
const percent = profileWith(relative, { coordinates: 'percent' })
const pixel = profileWith(relative, { coordinates: 'pixel' })

describe('a box in another unit', () => {
  it.each([
    [relative, '[612, 300, 801, 411]', 'as fractions between 0 and 1'],
    [relative, '[0, 0, 512, 411]', 'as fractions'],
    [relative, '[10, 20, 40, 50]', 'as fractions'],
    [relative, '["10%", "20%", "40%", "50%"]', 'as fractions'],
    [relative, '"[10%, 20%, 40%, 50%]"', 'as fractions'],
    [relative, '[10%, 20%, 40%, 50%]', 'as fractions'],
    [relative, '["10 px", "20 px", "40 px", "50 px"]', 'as fractions'],
    [thousand, '["10%", "20%", "40%", "50%"]', 'in thousandths'],
    [percent, '[0.1, 0.2, 0.3, 0.4]', 'in percent'],
    [percent, '[120, 300, 190, 700]', 'in percent'],
    [percent, '["10px", "20px", "40px", "50px"]', 'in percent'],
    [pixel, '[10%, 20%, 40%, 50%]', 'in pixels'],
    [thousand, '[0.1, 0.2, 0.3, 0.4]', 'in thousandths'],
    [thousand, '[1200, 300, 1900, 700]', 'in thousandths'],
    [pixel, '[0.1, 0.2, 0.3, 0.4]', 'in pixels'],
    [pixel, '[2400, 1200, 2560, 1320]', 'in pixels'],
  ])('is named to the model', (profile, bbox, unit) => {
    expect(parse(bbox, profile)).toEqual({ code: 'wrong-unit', error: expect.stringContaining(unit) })
    const plain = bbox.replaceAll(/"| (?=px)/g, '')
    expect(parse(bbox, profile)).toMatchObject({ error: expect.stringContaining(`not ${plain}.`) })
  })

  it.each([
    [relative, '[-0.05, 0, 1.02, 1]'],
    [relative, '[0, 0, 1, 1]'],
    [percent, '[-2, 0, 104, 100]'],
    [percent, '[0, 0, 1, 1]'],
    [thousand, '[0, 0, 1000, 1000]'],
    [thousand, '[0, 0, 1, 1]'],
    [thousand, '[0.5, 10, 300.5, 400]'],
    [pixel, '[0, 0, 1010, 505]'],
    [pixel, '[0, 0, 1, 1]'],
  ])('is not one that reaches a little beyond the picture', (profile, bbox) => {
    expect(parse(bbox, profile)).toHaveProperty('action.kind', 'grounding')
  })

  it('is cut off at the edges by the released loop, as ever', () => {
    expect(parse('[0, 0, 512, 411]', profiles.official)).toHaveProperty('action.kind', 'grounding')
  })
})

describe('a box in another form', () => {
  it.each([
    '"[0.1, 0.2, 0.3, 0.4]"',
    '[[0.1, 0.2, 0.3, 0.4]]',
    '["0.1", "0.2", "0.3", " 0.4"]',
    '"(0.1, 0.2, 0.3, 0.4)"',
  ])('is read from %s by lenient profiles alone', (bbox) => {
    expect(parse(bbox, relative)).toMatchObject({ action: { boxRel: [0.1, 0.2, 0.3, 0.4] } })
    expect(parse(bbox, profiles.official)).toHaveProperty('code', 'bad-box')
  })

  it.each(['[10, 20, 40, 50]', '["10%", "20%", "40%", "50%"]', '"10%, 20%, 40%, 50%"', '[10 %, 20%, 40, 50%]'])(
    'is read in percent from %s',
    (bbox) => {
      expect(parse(bbox, percent)).toMatchObject({ action: { boxRel: [0.1, 0.2, 0.4, 0.5] } })
    },
  )

  it('is read in pixels from numbers with their sign', () => {
    expect(parse('["100px", "50px", "400 px", "500px"]', pixel)).toMatchObject({
      action: { boxRel: [0.1, 0.1, 0.4, 1] },
    })
  })

  it.each(['[[0, 0, 1, 1], [0, 0, 1, 1]]', '"0.1"', '["", "", "", ""]', '{"x0": 1}'])(
    'is not guessed from %s',
    (bbox) => {
      expect(parse(bbox, relative)).toHaveProperty('code', 'bad-box')
    },
  )
})
