import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { collectedRun } from '../../../test/collected-run.ts'
import { profiles } from '../../protocol/profile.ts'
import { sha256 } from '../../shared/canonical.ts'
import { readParquet } from '../../shared/parquet-read.ts'
import { readColdStart } from './cold-start.ts'
import { exportSet, exportTargets } from './export-set.ts'
import { leftOutText } from '../../protocol/left-out.ts'
import type { ExportSetOptions, ExportSummary } from './export-set.ts'
import { readChosenSearches } from './chosen-searches.ts'
import { runRows } from './run-rows.ts'
import { imageMark, typedMessages } from './training-row.ts'
import type { TrainingRow } from './training-row.ts'

let made: string
/** Of a real run; the first one twice, as two searches for a problem share their first view. */
let rows: TrainingRow[]
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'export-run-'))
  const { path, problems } = await collectedRun(made)
  const { searches } = await readChosenSearches(path, { all: false })
  rows = []
  for await (const row of runRows(searches, { problems, profiles: [profiles.embedded], encoding: 'png' }))
    rows.push(row)
  rows.push({ ...rows[0]!, rolloutIndex: 1 })
})
afterAll(() => rm(made, { recursive: true }))

let base: string
let out: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'export-'))
  out = join(base, 'deep', 'set')
})
afterEach(() => rm(base, { recursive: true }))

async function* stream(list: readonly TrainingRow[]): AsyncGenerator<TrainingRow, void> {
  yield* list
}

const exported = (change: Partial<ExportSetOptions>): Promise<ExportSummary> =>
  exportSet({ rows: stream(rows), to: 'sharegpt', out, ...change })

const saying = (row: TrainingRow, text: string): TrainingRow => ({
  ...row,
  messages: [...row.messages.slice(0, -1), { role: 'assistant', text }],
})

const json = async (...parts: string[]): Promise<unknown> => JSON.parse(await readFile(join(out, ...parts), 'utf8'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const allImages = () => rows.reduce((sum, { images }) => sum + images.length, 0)

/** The files that a row names hold its pictures, in their order. */
async function expectFiles(paths: readonly string[], { images }: TrainingRow): Promise<void> {
  expect(paths.length).toBe(images.length)
  for (const [index, path] of paths.entries()) {
    const bytes = await readFile(join(out, path))
    expect(hex(bytes)).toBe(hex(images[index]!.bytes))
    expect(path).toBe(`images/${sha256(bytes)}.png`)
  }
}

describe('sharegpt', () => {
  interface Row {
    readonly conversations: readonly { readonly from: string; readonly value: string }[]
    readonly system: string
    readonly images: readonly string[]
  }

  it('takes turns between human and gpt, with as many pictures as marks, each written once', async () => {
    const summary = await exported({})
    const written = (await json('train.json')) as Row[]
    expect(written.length).toBe(rows.length)
    for (const [index, { conversations, system, images }] of written.entries()) {
      expect(conversations.map(({ from }) => from)).toEqual(
        conversations.map((_, at) => (at % 2 === 0 ? 'human' : 'gpt')),
      )
      expect(conversations.length % 2).toBe(0)
      expect(conversations.map(({ value }) => value)).toEqual(rows[index]!.messages.map(({ text }) => text))
      expect(
        conversations
          .map(({ value }) => value)
          .join('')
          .split(imageMark).length - 1,
      ).toBe(images.length)
      expect(system).toBe(profiles.embedded.prompts.system)
      await expectFiles(images, rows[index]!)
    }
    const pictures = await readdir(join(out, 'images'))
    expect(pictures.length).toBe(new Set(written.flatMap(({ images }) => images)).size)
    expect(pictures.length).toBeLessThan(allImages())
    expect(summary).toMatchObject({ rows: 4, images: allImages(), files: pictures.length + 4 })
  })

  it('is described as it is', async () => {
    await exported({})
    const info = (await json('dataset_info.json')) as Record<string, Record<string, unknown>>
    const [name] = Object.keys(info)
    const entry = info[name!]! as {
      file_name: string
      formatting: string
      columns: Record<string, string>
      tags: Record<string, string>
    }
    const [row] = (await json(entry.file_name)) as Record<string, unknown>[]
    expect(entry.formatting).toBe('sharegpt')
    expect(Object.values(entry.columns).toSorted()).toEqual(Object.keys(row!).toSorted())
    const turns = row![entry.columns['messages']!] as Record<string, string>[]
    expect(Object.keys(turns[0]!)).toEqual([entry.tags['role_tag'], entry.tags['content_tag']])
    expect(turns.slice(0, 2).map((turn) => turn[entry.tags['role_tag']!])).toEqual([
      entry.tags['user_tag'],
      entry.tags['assistant_tag'],
    ])
    const settings = await readSettings()
    expect(settings['dataset']).toBe(name)
    expect(settings['dataset_dir']).toBe('.')
    expect(await json(settings['deepspeed']!)).toMatchObject({
      zero_optimization: { stage: 3, offload_optimizer: { device: 'cpu' } },
    })
  })

  async function readSettings(): Promise<Record<string, string>> {
    const lines = (await readFile(join(out, 'qwen2.5-vl-sft.yaml'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    return Object.fromEntries(
      lines.map((line) => {
        const [, key, value] = /^([a-z_\d]+): ([\w./-]+)$/.exec(line) ?? []
        expect(key, line).toBeDefined()
        return [key, value]
      }),
    )
  }

  it("comes with the paper's settings", async () => {
    await exported({})
    expect(await readSettings()).toMatchObject({
      model_name_or_path: 'Qwen/Qwen2.5-VL-7B-Instruct',
      finetuning_type: 'full',
      freeze_vision_tower: 'true',
      freeze_multi_modal_projector: 'true',
      learning_rate: '1.0e-5',
      num_train_epochs: '3.0',
      lr_scheduler_type: 'cosine',
      warmup_ratio: '0.1',
      per_device_train_batch_size: '1',
      gradient_accumulation_steps: '4',
      cutoff_len: '32768',
      bf16: 'true',
    })
  })

  it.each([
    [
      'the bounds of the paper',
      [
        [200, 200],
        [1000, 2000],
      ],
      '40000',
      '2000000',
    ],
    [
      'wider ones for pictures outside of them',
      [
        [64, 64],
        [1000, 2001],
      ],
      '4096',
      '2001000',
    ],
  ] as const)('has the trainer leave pictures as they are: %s', async (_, sizes, least, most) => {
    const images = sizes.map(async ([width, height]) => {
      const picture = sharp({ create: { width, height, channels: 3, background: 'white' } })
      return { bytes: await picture.png().toBuffer(), name: 'original_image.png' }
    })
    await exported({ rows: stream([{ ...rows[0]!, images: await Promise.all(images) }]) })
    expect(await readSettings()).toMatchObject({ image_min_pixels: least, image_max_pixels: most })
  })
})

describe('the other formats', () => {
  it('trl: a line a row, with as many pictures as image parts', async () => {
    await exported({ to: 'trl' })
    const lines = (await readFile(join(out, 'metadata.jsonl'), 'utf8')).trimEnd().split('\n')
    const written = lines.map((line) => JSON.parse(line) as { messages: unknown; file_names: string[] })
    expect(written.map(({ messages }) => messages)).toEqual(rows.map(typedMessages))
    for (const [index, { messages, file_names: images }] of written.entries()) {
      const marks = (messages as ReturnType<typeof typedMessages>).flatMap(({ content }) => content)
      expect(marks.filter(({ type }) => type === 'image').length).toBe(images.length)
      await expectFiles(images, rows[index]!)
    }
  })

  it('parquet: messages and the very bytes of the pictures', async () => {
    const { files, images } = await exported({ to: 'parquet' })
    expect({ files, images }).toEqual({ files: 2, images: allImages() })
    const read: { messages: unknown; images: { bytes: Uint8Array }[] }[] = []
    for await (const row of readParquet(join(out, 'data', 'train-00000-of-00001.parquet'))) read.push(row as never)
    const withoutNulls = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (_, inner: unknown) => inner ?? undefined))
    expect(withoutNulls(read.map(({ messages }) => messages))).toEqual(rows.map(typedMessages))
    expect(read.map((row) => row.images.map(({ bytes }) => hex(bytes)))).toEqual(
      rows.map((row) => row.images.map(({ bytes }) => hex(bytes))),
    )
  })

  it('verl: a row a problem, with what was asked and the right answer, however many searches there are', async () => {
    const marked = saying(rows[1]!, '<|im_end|>')
    expect(await exported({ to: 'verl', rows: stream([rows[0]!, marked, ...rows.slice(2)]) })).toMatchObject({
      rows: 3,
      images: 3,
      leftOut: { 'another search of the same problem': 1 },
    })
    const read: Record<string, unknown>[] = []
    for await (const row of readParquet(join(out, 'data', 'train-00000-of-00001.parquet'))) read.push(row)
    expect(read).toMatchObject(
      rows.slice(0, 3).map(({ system, messages, images, answer, dataSource, sampleIndex }) => ({
        data_source: dataSource,
        prompt: [
          { role: 'system', content: system },
          { role: 'user', content: messages[0]!.text },
        ],
        images: [{ path: images[0]!.name }],
        reward_model: { style: 'rule', ground_truth: answer },
        extra_info: { index: BigInt(sampleIndex), answer },
      })),
    )
    const several = [{ ...rows[0]!, alternatives: ['lime', 'teal'] }]
    await exported({ to: 'verl', out: join(base, 'several'), rows: stream(several) })
    for await (const row of readParquet(join(base, 'several', 'data', 'train-00000-of-00001.parquet'))) {
      expect(row).toMatchObject({ extra_info: { answer: rows[0]!.answer, alternatives: ['lime', 'teal'] } })
    }
    const unknown = { ...rows[0]!, answer: undefined } as unknown as TrainingRow
    await expect(exported({ to: 'verl', out: join(base, 'none'), rows: stream([unknown]) })).rejects.toThrow(
      'the right answer is not known',
    )
  })

  it('verl-agent: a row a search with the pictures of every turn; the prompt ends before the last reply', async () => {
    const lasting = { ...rows[0]!, messages: rows[0]!.messages.slice(0, -1), images: rows[0]!.images }
    const unknown = { ...rows[1]!, answer: undefined } as unknown as TrainingRow
    expect(await exported({ to: 'verl-agent', rows: stream([lasting, unknown, ...rows.slice(1)]) })).toMatchObject({
      rows: rows.length,
      leftOut: { 'it does not end with a reply': 1 },
    })
    const read: Record<string, unknown>[] = []
    for await (const row of readParquet(join(out, 'data', 'train-00000-of-00001.parquet'))) read.push(row)
    expect(read).toMatchObject(
      [unknown, ...rows.slice(1)].map(({ system, messages, images, answer, dataSource, sampleIndex, rolloutIndex }) => {
        const said = messages.map(({ role, text }) => ({ role, content: text }))
        const all = [{ role: 'system', content: system }, ...said]
        return {
          data_source: dataSource,
          agent_name: 'tool_agent',
          messages: all,
          prompt: all.slice(0, -1),
          response: all.slice(-1),
          images: images.map(({ name }) => ({ path: name })),
          reward_model: { style: 'rule', ground_truth: answer ?? '' },
          extra_info: {
            index: BigInt(sampleIndex),
            search: BigInt(rolloutIndex),
            turns: BigInt(messages.length / 2),
          },
        }
      }),
    )
    // Each mark has its picture, as verl asserts of a prompt.
    for (const { prompt, images } of read as { prompt: { content: string }[]; images: unknown[] }[]) {
      expect(
        prompt
          .map(({ content }) => content)
          .join('')
          .split(imageMark),
      ).toHaveLength(images.length + 1)
    }
    expect(Math.max(...read.map((row) => (row['images'] as unknown[]).length))).toBeGreaterThan(1)
  })

  it.each(['trl', 'parquet'] as const)(
    '%s: a card says how it is loaded, and that only replies are learnt',
    async (to) => {
      await exported({ to })
      expect(await readFile(join(out, 'README.md'), 'utf8')).toContain('assistant_only_loss=True')
    },
  )

  it('mini-o3: what is read back can be exported again, to the same set', async () => {
    await exported({ to: 'mini-o3' })
    const again = join(base, 'again')
    const summary = await exportSet({
      rows: readColdStart(join(out, 'data', 'train-00000-of-00001.parquet')),
      to: 'sharegpt',
      out: again,
    })
    out = join(base, 'direct')
    expect(await exported({ to: 'sharegpt' })).toEqual(summary)
    for (const name of await readdir(out)) {
      if (name === 'images') expect(await readdir(join(again, name))).toEqual(await readdir(join(out, name)))
      else expect(await readFile(join(again, name))).toEqual(await readFile(join(out, name)))
    }
  })
})

describe('a row that holds text which is no text to a trainer', () => {
  it.each(exportTargets.filter((to) => to !== 'verl'))('is left out and counted by its reason: %s', async (to) => {
    const bad = [saying(rows[1]!, '<|im_end|>'), saying(rows[1]!, 'An <image>.'), saying(rows[2]!, '<|im_end|> too')]
    const leftOut = { 'the text contains <|im_end|>': 2, 'the text contains <image>': 1 }
    expect(await exported({ to, rows: stream([bad[0]!, rows[0]!, ...bad.slice(1)]) })).toMatchObject({
      rows: 1,
      leftOut,
    })
    expect(leftOutText(leftOut, ['row', 'rows'])).toBe(
      '3 rows are left out: the text contains <|im_end|> (2), the text contains <image> (1).',
    )
    const all = await readdir(out, { recursive: true, withFileTypes: true })
    for (const file of all.filter((entry) => entry.isFile() && !entry.name.endsWith('.png'))) {
      expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain('<|im_end|>')
    }
  })

  it('is all that there is: nothing is written, and it is said why', async () => {
    await mkdir(join(base, 'deep'))
    await expect(exported({ rows: stream([saying(rows[0]!, '</s>')]) })).rejects.toMatchObject({
      code: 'export-nothing',
      exitCode: 2,
      message: expect.stringContaining('1 row is left out: the text contains </s> (1).'),
    })
    expect(await readdir(join(base, 'deep'))).toEqual([])
  })
})

describe('a set that cannot be finished', () => {
  it.each(exportTargets)('leaves nothing behind: %s', async (to) => {
    await mkdir(join(base, 'deep'))
    const stop = new AbortController()
    await expect(exported({ to, signal: stop.signal, onRow: () => stop.abort() })).rejects.toMatchObject({
      name: 'AbortError',
      exitCode: 130,
    })
    expect(await readdir(join(base, 'deep'))).toEqual([])
  })

  it('says what to do where the disk is full', async () => {
    async function* full(): AsyncGenerator<TrainingRow> {
      yield rows[0]!
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    }
    const attempt = exported({ rows: full() })
    await expect(attempt).rejects.toMatchObject({ name: 'MiniO3Error', code: 'ENOSPC' })
    await expect(attempt).rejects.toThrow(
      'Free some space on that disk. Partial output was removed: repeat the command after that.',
    )
    expect(await readdir(join(base, 'deep'))).toEqual([])
  })

  it('takes an empty folder, and no other', async () => {
    await mkdir(out, { recursive: true })
    await exported({})
    const before = await readdir(out)
    await expect(exported({})).rejects.toMatchObject({ code: 'export-folder-taken', exitCode: 2 })
    expect(await readdir(out)).toEqual(before)
    const file = join(base, 'file')
    await writeFile(file, '')
    for (const place of [file, join(file, 'set')]) {
      await expect(exported({ out: place })).rejects.toMatchObject({ code: 'export-folder-unusable', exitCode: 2 })
    }
    expect((await readdir(base)).toSorted()).toEqual(['deep', basename(file)])
  })

  it('leaves a folder alone that another export filled meanwhile', async () => {
    async function* whileAnotherExports(): AsyncGenerator<TrainingRow> {
      yield rows[0]!
      await mkdir(out, { recursive: true })
      await writeFile(join(out, 'theirs'), '')
    }
    await expect(exported({ rows: whileAnotherExports() })).rejects.toMatchObject({ code: 'export-folder-taken' })
    expect(await readdir(out)).toEqual(['theirs'])
    expect(await readdir(join(base, 'deep'))).toEqual([basename(out)])
  })
})
