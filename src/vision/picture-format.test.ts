import sharp from 'sharp'
import { expect, test } from 'vitest'
import { pictureFormat } from './picture-format.ts'

const drawn = () => sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })

test.each([
  ['JPEG', 'jpeg', {}],
  ['PNG', 'png', {}],
  ['WebP', 'webp', {}],
  ['GIF', 'gif', {}],
  ['AVIF', 'avif', { effort: 0 }],
  ['TIFF', 'tiff', {}],
  ['TIFF', 'tiff', { bigtiff: true }],
] as const)('%s written as %s is recognised', async (format, as, options) => {
  expect(pictureFormat(await drawn().toFormat(as, options).toBuffer())).toBe(format)
})

/** An ISO media file that names `brands`, the major one first. */
const media = (...brands: string[]) =>
  `\0\0\0${String.fromCharCode(12 + 4 * brands.length)}ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`

test.each([
  [media('mif1', 'avif', 'miaf'), 'AVIF'],
  [media('avis', 'msf1'), 'AVIF'],
  ['MM\0+\0\x08\0\0', 'TIFF'],
  [media('heic', 'mif1'), 'HEIC'],
  [media('mif1', 'heix'), 'HEIC'],
  [media('mif1', 'miaf'), 'a HEIF picture with an unsupported codec'],
  [media('crx ', 'isom'), 'a raw camera file'],
  [media('isom', 'mp42'), 'a video'],
  ['BM\x36\x10', 'BMP'],
  ['\0\0\x01\0\x01\0', 'a Windows icon'],
  ['\0\0\0\x0cjP  \r\n', 'a JPEG 2000 picture'],
  ['\xff\x0a\x10', 'a JPEG XL picture'],
  [`${'\0'.repeat(128)}DICM`, 'a DICOM picture'],
  ['P6\n8 8\n255\n', 'a PNM picture'],
  ['%PDF-1.7', 'a PDF document'],
  ['<!DOCTYPE html><html>', 'a web page'],
  ['\n\n<HTML lang="en">', 'a web page'],
  ['<?xml version="1.0"?>\n<svg xmlns="">', 'an SVG drawing'],
  ['version https://git-lfs.github.com/spec/v1', 'a Git LFS pointer instead of the picture'],
])('%j is %s', (bytes, expected) => {
  const found = pictureFormat(Buffer.from(bytes, 'latin1'))
  expect(typeof found === 'object' ? found.name : found).toBe(expected)
})

test.each(['', 'hello', 'RIFF\0\0\0\0WAVE', '{"a":1}', '\0\0', 'ftyp', '<?xml version="1.0"?><note/>'])(
  '%j is nothing that is known',
  (bytes) => {
    expect(pictureFormat(Buffer.from(bytes, 'latin1'))).toBeUndefined()
  },
)
