import { mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildProbe } from '../../probe/dataset.ts'
import { makeProblem, sceneFrom } from '../../probe/problem.ts'
import { pixelBox } from '../../protocol/box.ts'
import { openProblemPicture, readProblems } from './mini-o3-json.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rows-'))
  file = join(folder, 'rows.json')
  const red = { width: 40, height: 30, channels: 3, background: '#d02020' } as const
  await writeFile(join(folder, 'red.png'), await sharp({ create: red }).png().toBuffer())
})
afterEach(() => rm(folder, { recursive: true }))

const row = {
  images: ['red.png'],
  problem: '<image>\nWhat colour is the wall?',
  solution: 'Red.',
  data_source: 'visual_probe_hard',
  doc_id: 'visual_probe_hard_60',
}
const scene = { kind: 'shapes', seed: 3, level: 'easy', digit: 4 } as const
const question = makeProblem(sceneFrom(scene)).question
const sceneRow = { ...row, images: ['none.jpg'], problem: `<image>\n${question}`, solution: '4', scene, side_px: 512 }

async function read(rows: unknown): Promise<Awaited<ReturnType<typeof readProblems>>> {
  await writeFile(file, typeof rows === 'string' ? rows : JSON.stringify(rows))
  return readProblems(file)
}

describe('readProblems', () => {
  it('reads a row of the official files', async () => {
    const [entry] = await read([row])
    expect(entry).toEqual({
      ...entry,
      slices: { level: 'hard' },
      place: `${file}, row 1`,
      problem: {
        docId: 'visual_probe_hard_60',
        dataSource: 'visual_probe_hard',
        question: 'What colour is the wall?',
        answer: 'Red.',
        level: 'hard',
      },
      picture: { file: join(folder, 'red.png') },
    })
    const picture = await openProblemPicture(entry!)
    expect(picture).toMatchObject({ width: 40, height: 30 })
    const { data } = await picture.region(pixelBox(0, 0, 1, 1), { width: 1, height: 1 }, 'nearest')
    expect([...data]).toEqual([0xd0, 0x20, 0x20])
  })

  it('finds pictures one folder up, where the official sets lie side by side', async () => {
    await mkdir(join(folder, 'VisualProbe_Hard'))
    const inside = join(folder, 'VisualProbe_Hard', 'val.json')
    await writeFile(inside, JSON.stringify([row]))
    expect(await readProblems(join(folder, 'VisualProbe_Hard'))).toMatchObject([
      { picture: { file: join(folder, 'red.png') } },
    ])
  })

  it('takes a byte order mark, Windows line ends and numbers', async () => {
    const rows = await read(
      `\uFEFF${JSON.stringify([{ ...row, solution: 7, doc_id: 12 }], null, 2).replaceAll('\n', '\r\n')}`,
    )
    expect(rows[0]!.problem).toMatchObject({ answer: '7', docId: '12' })
    expect(await read([{ ...row, problem: 'What <image> is this?' }])).toMatchObject([
      { problem: { question: 'What  is this?' } },
    ])
  })

  it('reads what probe build writes, with its pictures or without', async () => {
    const out = join(folder, 'probe')
    await buildProbe({ out, train: 0, test: 3, seed: 1, sidePx: 64, jobs: 1 })
    const entries = await readProblems(out)
    expect(entries.map(({ picture }) => 'file' in picture)).toEqual([true, true, true])
    expect(await openProblemPicture(entries[0]!)).toMatchObject({ width: 64, height: 64 })

    const { picture, problem } = entries[1]!
    await unlink((picture as { file: string }).file)
    const again = (await readProblems(out, { split: 'test' }))[1]!
    expect(again.problem).toEqual(problem)
    expect(again.picture).toMatchObject({ scene: { level: 'medium' }, sidePx: 64 })
    expect(again.problem).toEqual(makeProblem(sceneFrom((again.picture as { scene: typeof scene }).scene)))
    expect(await readProblems(out, { split: 'train' })).toEqual([])
  })

  it('knows the place of each of several targets', async () => {
    const boxes = [
      [0.1, 0.2, 0.2, 0.3],
      [0.5, 0.1, 0.6, 0.2],
    ]
    const [several, one] = await read([
      { ...row, target_boxes: boxes },
      { ...row, doc_id: 'one', target_boxes: [boxes[1]] },
    ])
    expect(several!.problem).toMatchObject({ targetBoxRel: [0.1, 0.1, 0.6, 0.3], targetBoxesRel: boxes })
    expect(one!.problem).toMatchObject({ targetBoxRel: boxes[1] })
    expect(one!.problem).not.toHaveProperty('targetBoxesRel')
  })

  it('draws the scene of a row that has no picture', async () => {
    const [entry] = await read([sceneRow])
    expect(entry!.picture).toEqual({ scene, sidePx: 512 })
    expect(await openProblemPicture(entry!)).toMatchObject({ width: 512, height: 512 })
  })

  it('keeps the scene of a row whose picture is a file', async () => {
    const [entry] = await read([{ ...sceneRow, images: row.images }])
    expect(entry).toMatchObject({ picture: { file: join(folder, 'red.png') }, scene })
    expect((await read([row]))[0]).not.toHaveProperty('scene')
  })

  it('opens no picture outside of the folder of the file and the one above', async () => {
    const deep = join(folder, 'deep', 'set')
    await mkdir(deep, { recursive: true })
    const inside = join(deep, 'rows.json')
    const attempt = async (image: string): Promise<unknown> => {
      await writeFile(inside, JSON.stringify([{ ...row, images: [image] }]))
      return readProblems(inside)
    }
    for (const image of [join(folder, 'red.png'), join(deep, '..', 'red.png'), '../../red.png', 'a/../../../red.png']) {
      await expect(attempt(image)).rejects.toThrow('field images: ' + image + ' has to be a path inside')
    }
    await writeFile(join(folder, 'deep', 'red.png'), await readFile(join(folder, 'red.png')))
    expect(await attempt('../red.png')).toMatchObject([{ picture: { file: join(folder, 'deep', 'red.png') } }])
    expect(await attempt('..red.png').catch((error: Error) => error.message)).toContain('there is no file ..red.png')
  })

  const without = (field: keyof typeof row): object => ({ ...row, [field]: undefined })
  it.each([
    [without('images'), 'field images: is missing'],
    [without('solution'), 'field solution: is missing'],
    [without('doc_id'), 'field doc_id: is missing'],
    [{ ...row, images: [] }, 'field images: has to name a picture'],
    [{ ...row, images: ['red.png', 'red.png'] }, 'field problem: has to contain 2 times <image>'],
    [{ ...row, images: [7] }, 'field images.0'],
    [{ ...row, images: ['gone.png'] }, 'field images: there is no file gone.png'],
    [{ ...row, images: ['https://example.com/a.png'] }, 'field images: https://example.com/a.png is a URL'],
    [{ ...row, images: ['../'] }, 'field images: there is no file ../'],
    [{ ...row, problem: 'What colour?' }, 'field problem: has to contain exactly one <image>'],
    [{ ...row, problem: '<image><image>What colour?' }, 'field problem: has to contain exactly one <image>'],
    [{ ...row, problem: '<image>\n ' }, 'field problem: contains no question'],
    [{ ...row, solution: ' ' }, 'field solution'],
    [{ ...row, solution: { text: 'Red' } }, 'field solution'],
    [{ ...row, level: 'insane' }, 'field level'],
    [{ ...row, choices: ['red'] }, 'field choices: has to contain at least two choices'],
    [{ ...row, target_box: [0.5, 0, 0.4, 1] }, 'field target_box: has to be [x0, y0, x1, y1]'],
    [{ ...row, target_box: [0, 0, 4096, 4096] }, 'field target_box'],
    [{ ...row, target_boxes: [] }, 'field target_boxes: has to contain at least one box'],
    [{ ...row, target_boxes: [[0, 0, 2, 1]] }, 'field target_boxes.0: has to be [x0, y0, x1, y1]'],
    [{ ...sceneRow, scene: { ...scene, seed: -1 } }, 'field scene.seed'],
    [{ ...sceneRow, solution: '5' }, 'field scene: is for'],
    [{ ...sceneRow, solution: '5', images: row.images }, 'field scene: is for'],
    [{ ...sceneRow, side_px: 1e9 }, 'field side_px'],
  ])('names file, row and field of %j', async (bad, words) => {
    const attempt = read([{ ...row, doc_id: 'good' }, bad])
    await expect(attempt).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
    await expect(attempt).rejects.toThrow(`${file}, row 2`)
    await expect(attempt).rejects.toThrow(words)
  })

  it('refuses two rows of one name', async () => {
    await expect(read([row, { ...row, data_source: 'other' }, row])).rejects.toThrow(
      'row 3, field doc_id: visual_probe_hard/',
    )
  })

  it('says what is wrong with the file', async () => {
    await expect(read('{"images": [')).rejects.toMatchObject({ code: 'data-not-json', exitCode: 2 })
    await expect(read([row, 'a row'])).rejects.toThrow('row 2: is not an object')
    await expect(read({ rows: [] })).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
    await expect(readProblems(join(folder, 'none'))).rejects.toMatchObject({ code: 'data-not-found', exitCode: 2 })
    await expect(readProblems(folder)).rejects.toThrow('rows.json')
    await expect(readProblems(folder, { split: 'dev' })).rejects.toThrow('no dev.json')
  })
})
