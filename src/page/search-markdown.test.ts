import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { searched } from '../../test/searched.ts'
import { unzip } from '../../test/unzip.ts'
import { openPicture } from '../vision/open.ts'
import { searchDownload, writeSearchFile } from './search-file.ts'
import { searchMarkdown } from './search-markdown.ts'

const create = { width: 1024, height: 1024, channels: 3, background: '#336699' } as const
const picture = await openPicture(await sharp({ create }).png().toBuffer())

test('Markdown with a picture of every look beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-markdown-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const trajectory = { ...searched([0, 1, -1], 'Too small.'), verdict: { kind: 'correct', reason: '' } } as const
  await writeSearchFile(join(folder, 'one search.md'), trajectory, [picture])
  expect(await readdir(join(folder, 'one search-pictures'))).toEqual(['original-1.jpg', 'turn-1.jpg', 'turn-2.jpg'])
  const text = await readFile(join(folder, 'one search.md'), 'utf8')
  expect(text).toContain('![observation 2](one%20search-pictures/turn-2.jpg)\n\n256 × 256 pixels, at 0, 0 to 256, 256')
  expect(text).toContain('## Turn 3: Box refused\n\n> Too small\\.\n\nRefused: No such picture\\: Too small\\.')
  expect(text).toContain('**7**, correct')
  const crop = await sharp(join(folder, 'one search-pictures', 'turn-2.jpg')).metadata()
  expect([crop.width, crop.height]).toEqual([480, 480])
})

test.each([
  '<img src=x onerror=alert(1)>',
  '[click](http://evil.example)',
  'www.evil.example and https://evil.example and a@evil.example',
  '```\n# heading\n- item\n1. item\n---',
  '![x](y) **bold** `code` ~~gone~~ | cell | $x$',
  '&lt;b&gt; \\<b>',
  'line\u2028# heading\r\n> quote\u0000',
])('%j stays what it is', async (hostile) => {
  const { text } = await searchMarkdown(searched([0], hostile, hostile), [picture], 'x')
  // Without the signs that are marked as plain, nothing of Markdown or HTML is left but what is written here.
  const left = text.replaceAll(/\\[!-/:-@[-`{-~]\u2060?/g, '')
  const known = [
    /^# /,
    /^## (?:Turn \d+: |Answer$)/,
    /^> ?/,
    /^!\[The original\]\(x\/original-1\.jpg\)$/,
    /^!\[observation 1\]\(x\/turn-1\.jpg\)$/,
  ]
  const rest = left.split('\n').map((line) => known.reduce((text, form) => text.replace(form, ''), line))
  for (const line of rest)
    expect(line.replace(/^\*\*(.*)\*\*/, '$1')).not.toMatch(/[<>[\]`*_#|~&$@\\]|^\s*[-+]|:\/\/|www\./)
})

test('marks of direction, with which text could be shown in another order, are left out', async () => {
  const turned = 'a\u202ecba\u202c \u2066b\u2069\u200f'
  const { text } = await searchMarkdown(searched([0], turned, turned), [picture], 'x')
  expect(text).toContain('acba b')
  expect(text).not.toMatch(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
})

test('as a download, an archive of text and pictures', async () => {
  const { name, content } = await searchDownload('md', searched([0]), [picture])
  expect(name).toBe('search.zip')
  expect([...unzip(Buffer.from(content)).keys()]).toEqual([
    'search.md',
    'pictures/original-1.jpg',
    'pictures/turn-1.jpg',
  ])
})
