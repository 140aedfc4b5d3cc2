import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { readParquet } from '../../shared/parquet-read.ts'
import { createParquet } from '../../shared/parquet.ts'
import type { Columns, ParquetRow } from '../../shared/parquet.ts'
import { readPythonLiteral } from '../../shared/python-literal.ts'
import { coldStartFiles, readColdStart, writeColdStart } from './cold-start.ts'
import { writeShards } from './parquet-shards.ts'
import type { TrainingRow } from './training-row.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cold-start-'))
})
afterEach(() => rm(folder, { recursive: true }))

const awkward = 'It\'s "quoted", \\n is no line end,\nthis is; \t tab, ü, 猫, 😀, \u2028, {}[]'

function row(index: number): TrainingRow {
  return {
    name: '',
    dataSource: 'deepeyes_train',
    sampleIndex: index,
    rolloutIndex: 2,
    system: index === 1 ? '' : 'Look closely.',
    messages: [
      { role: 'user', text: `<image>\n${awkward}` },
      { role: 'assistant', text: `<think>${awkward}</think><grounding>{"bbox_2d": [0, 0, 1, 1]}</grounding>` },
      { role: 'user', text: 'observation_1\n<image>' },
      { role: 'assistant', text: `<answer>${index}</answer>` },
    ],
    images: ['original_image.png', 'observation_1.png'].map((name, at) => ({
      name,
      bytes: Uint8Array.from({ length: 400 }, (_, byte) => (byte * 7 + at + index) % 256),
    })),
  }
}

async function* stream(count: number): AsyncGenerator<TrainingRow, void> {
  for (let index = 0; index < count; index++) yield row(index)
}

async function read(path: string): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = []
  for await (const found of readColdStart(path)) rows.push(found)
  return rows
}

/** Without the name, and with bytes as plain arrays. */
const content = (found: TrainingRow) => ({
  ...found,
  name: '',
  images: found.images.map(({ bytes, name }) => ({ name, bytes: [...bytes] })),
})

const columns: Columns = {
  conversations: 'string',
  images: { list: 'image' },
  image_names: { list: 'string' },
  data_source: 'string',
  sample_index: 'int64',
  rollout_index: 'int64',
}

/** A file with one row of that layout, changed. */
function fileWith(change: ParquetRow): string {
  const path = join(folder, 'one.parquet')
  const file = createParquet(path, columns)
  const images = [{ bytes: new Uint8Array([1]), path: 'original_image.jpg' }]
  const usual = { images, image_names: ['original_image.jpg'], data_source: 'd', sample_index: 4n, rollout_index: 1n }
  file.write([{ ...usual, ...change }])
  file.finish()
  return path
}

describe('the cold-start layout', () => {
  it('is read as it was written', async () => {
    await writeColdStart(stream(3), folder)
    const files = await coldStartFiles(folder)
    expect(files).toEqual([join(folder, 'data', 'train-00000-of-00001.parquet')])
    expect(await coldStartFiles(files[0]!)).toEqual(files)
    expect((await read(files[0]!)).map(content)).toEqual([0, 1, 2].map((index) => content(row(index))))
  })

  it('is divided into files and row groups of bounded size', async () => {
    const limits = { groupRows: 2, groupBytes: 1e9, shardBytes: 1 }
    const layout = {
      columns: { data_source: 'string' },
      toRow: (from: TrainingRow) => ({ data_source: `${from.sampleIndex}` }),
    } as const
    await writeShards(stream(5), folder, layout, limits)
    const names = (await readdir(join(folder, 'data'))).toSorted()
    expect(names).toEqual([0, 1, 2].map((index) => `train-0000${index}-of-00003.parquet`))
    const sources: unknown[] = []
    for (const name of names) {
      for await (const found of readParquet(join(folder, 'data', name))) sources.push(found['data_source'])
    }
    expect(sources).toEqual(['0', '1', '2', '3', '4'])
  })

  it('is read from the repr of a list and from JSON with escapes alike', async () => {
    const written = [
      `[{'from': 'system', 'value': 'Look.'}, {'from': 'human', 'value': '<image>\\nWhat\\'s "it"? \\x41\\u00fc'},
        {'from': 'gpt', 'value': "It's A"}]`,
      '[{"from": "system", "value": "Look."}, {"from": "human", "value": "<image>\\nWhat\'s \\"it\\"? A\\u00fc"}, {"from": "gpt", "value": "It\'s A"}]',
    ]
    for (const conversations of written) {
      const [found] = await read(fileWith({ conversations }))
      expect(found).toMatchObject({ system: 'Look.', dataSource: 'd', sampleIndex: 4, rolloutIndex: 1 })
      expect(found!.messages).toEqual([
        { role: 'user', text: '<image>\nWhat\'s "it"? Aü' },
        { role: 'assistant', text: "It's A" },
      ])
    }
    // Surrogates, which Python would leave in two halves.
    const [emoji] = await read(fileWith({ conversations: '[{"from": "human", "value": "\\ud83d\\ude00"}]' }))
    expect(emoji!.messages[0]!.text).toBe('😀')
  })

  const turns = [
    { from: 'system', value: 'Look.' },
    { from: 'human', value: '<image>\nWhat?' },
    { from: 'gpt', value: 'It.' },
  ]
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 1, 2])
  const jpeg = Uint8Array.from([0xff, 0xd8, 3])
  const text = JSON.stringify(turns)
  const struct = (name: string, value: string): Columns => ({
    conversations: { list: { struct: { [name]: 'string', [value]: 'string' } } },
    images: { list: 'image' },
  })

  /** A file of one row with these columns alone. */
  function copyWith(own: Columns, values: ParquetRow): string {
    const path = join(folder, 'copy.parquet')
    const file = createParquet(path, own)
    file.write([values])
    file.finish()
    return path
  }

  const images = [png, jpeg].map((bytes) => ({ bytes, path: null }))
  it.each<[string, Columns, ParquetRow]>([
    ['no names', { conversations: 'string', images: { list: 'image' } }, { conversations: text, images }],
    ['bytes', { conversations: 'string', images: { list: 'bytes' } }, { conversations: text, images: [png, jpeg] }],
    ['structs', struct('from', 'value'), { conversations: turns, images }],
    [
      'roles',
      struct('role', 'content'),
      {
        conversations: ['system', 'user', 'assistant'].map((role, at) => ({ role, content: turns[at]!.value })),
        images,
      },
    ],
    ['nulls', columns, { conversations: text, images }],
  ])('is read from copies of it: %s', async (_, own, values) => {
    const [found, ...others] = await read(copyWith(own, values))
    expect(others).toEqual([])
    expect(content(found!)).toEqual({
      name: '',
      dataSource: 'cold_start',
      sampleIndex: 0,
      rolloutIndex: 0,
      system: 'Look.',
      messages: [
        { role: 'user', text: '<image>\nWhat?' },
        { role: 'assistant', text: 'It.' },
      ],
      images: [
        { name: 'original_image.png', bytes: [...png] },
        { name: 'observation_1.jpg', bytes: [...jpeg] },
      ],
    })
  })

  it('is refused where pictures are paths alone', async () => {
    const path = fileWith({ conversations: text, images: [{ bytes: null, path: 'a.png' }] })
    await expect(read(path)).rejects.toThrow('images: has to contain pictures with their bytes')
  })

  test.each([
    ['__import__("os").system("touch hacked")', 'the name __import__'],
    ["[__import__('os')]", 'the name __import__'],
    ["[{'from': 'human', 'value': open('/etc/passwd').read()}]", 'the name open'],
    ["[{'from': 'human', 'value': 'x'}] + [1]", 'more than one'],
    ["[{'from': 'human', 'value': f'{1}'}]", "f'"],
    ["[{'from': 'human', 'value': 'x' * 99999999}]", 'after an entry'],
    ['['.repeat(100_000), 'nested'],
    ["[{'from': 'human', 'value': 'x'", 'after an entry'],
    ["[{'from': 'human', 'value': 1}]", 'expected string'],
    ["[{'from': 'root', 'value': 'x'}]", 'system'],
    ["[{'from': 'human', 'value': 'x'}, {'from': 'system', 'value': 'y'}]", 'after the first turn'],
    ["{'__proto__': 1}", 'expected array'],
    ['', 'unexpected text'],
  ])('refuses %.40s', async (conversations, message) => {
    const path = fileWith({ conversations })
    await expect(read(path)).rejects.toMatchObject({ code: 'cold-start-row', exitCode: 2 })
    await expect(read(path)).rejects.toThrow(message)
    await expect(read(path)).rejects.toThrow('one.parquet, row 1, column conversations')
  })

  it('refuses names that lead elsewhere, and other columns', async () => {
    const conversations = "[{'from': 'human', 'value': '<image>'}]"
    for (const name of ['../../x.png', '/x.png', 'a/b.png', '..', '']) {
      await expect(read(fileWith({ conversations, image_names: [name] }))).rejects.toThrow('image_names')
    }
    await expect(read(fileWith({ conversations, image_names: [] }))).rejects.toThrow('0 names for 1 pictures')
    const path = join(folder, 'other.parquet')
    const file = createParquet(path, { text: 'string' })
    file.write([{ text: 'x' }])
    file.finish()
    await expect(read(path)).rejects.toThrow('other.parquet, row 1, column conversations')
  })

  it('says where no set is', async () => {
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'data', 'notes.txt'), '')
    await expect(coldStartFiles(folder)).rejects.toMatchObject({ code: 'export-not-found', exitCode: 2 })
    await expect(coldStartFiles(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'export-not-found' })
  })
})

/** What is written has to mean the same to readers that evaluate it and to those that take it for JSON. */
describe('the text of a conversation', () => {
  const turns = fc.array(fc.record({ from: fc.constant('human'), value: fc.string({ unit: 'binary' }) }))

  it('is the same as JSON and as a Python literal', () => {
    fc.assert(
      fc.property(turns, (list) => {
        expect(readPythonLiteral(JSON.stringify(list)).value).toEqual(list)
      }),
    )
  })

  const python = (() => {
    try {
      execFileSync('python3', ['-c', 'import ast'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })()

  test.skipIf(!python)(`is the same to Python${python ? '' : ' (skipped: there is none here)'}`, () => {
    const lists = fc.sample(turns, 200).concat([[{ from: 'human', value: awkward }]])
    const script =
      'import ast, json, sys\nfor t in json.load(sys.stdin): assert ast.literal_eval(t) == json.loads(t)\nprint("same")'
    const input = JSON.stringify(lists.map((list) => JSON.stringify(list)))
    expect(execFileSync('python3', ['-c', script], { input, encoding: 'utf8' })).toBe('same\n')
  })
})
