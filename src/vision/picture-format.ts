/** Detects the format of an encoded picture by its first bytes, with advice for unsupported formats. */

import { isRaw } from './tiff-tags.ts'

export type PictureFormat = 'JPEG' | 'PNG' | 'WebP' | 'AVIF' | 'HEIC' | 'TIFF' | 'GIF' | 'BMP'

/** An unsupported format: `name` completes "... is", `advice` is a sentence. */
export interface OtherFormat {
  readonly name: string
  readonly advice: string
}

/** Bytes to inspect; more for ISO media files, whose codec follows the brands. */
const headBytes = 512
const mediaBytes = 65_536

const convert = 'Convert it to PNG or JPEG first.'
const camera = { name: 'a raw camera file', advice: 'Develop it to JPEG or TIFF first.' }
/** Advice if HEIC cannot be opened. */
export const heicAdvice =
  'Install it with `npm install libheif-js`, or convert the picture to JPEG first, in a photo program or with `heif-convert in.heic out.jpg`.'
const jpegXl = { name: 'a JPEG XL picture', advice: 'Convert it first: `djxl in.jxl out.png`.' }
const jpeg2000 = { name: 'a JPEG 2000 picture', advice: 'Convert it first: `opj_decompress -i in.jp2 -o out.png`.' }
const svg = { name: 'an SVG drawing', advice: 'Render it to a PNG of the size you need.' }
const page = {
  name: 'a web page',
  advice: 'The download was probably refused or redirected: download the picture again.',
}

const opened: readonly (readonly [magic: string, format: PictureFormat])[] = [
  ['\xff\xd8\xff', 'JPEG'],
  ['\x89PNG\r\n\x1a\n', 'PNG'],
  ['GIF8', 'GIF'],
  ['BM', 'BMP'],
  ['II*\0', 'TIFF'],
  ['MM\0*', 'TIFF'],
  ['II+\0', 'TIFF'], // BigTIFF
  ['MM\0+', 'TIFF'],
]

const others: readonly (readonly [magic: string, other: OtherFormat, at?: number])[] = [
  ['\0\0\x01\0', { name: 'a Windows icon', advice: convert }],
  ['\0\0\0\x0cjP  ', jpeg2000],
  ['\xff\x4f\xff\x51', jpeg2000],
  ['\0\0\0\x0cJXL ', jpegXl],
  ['\xff\x0a', jpegXl],
  ['8BPS', { name: 'a Photoshop document', advice: convert }],
  ['\x76\x2f\x31\x01', { name: 'an OpenEXR picture', advice: convert }],
  ['#?R', { name: 'a Radiance picture', advice: convert }],
  ['SIMPLE  =', { name: 'a FITS picture', advice: convert }],
  ['DICM', { name: 'a DICOM picture', advice: convert }, 128],
  ['DDS ', { name: 'a DDS texture', advice: convert }],
  ['qoif', { name: 'a QOI picture', advice: convert }],
  ['icns', { name: 'an Apple icon', advice: convert }],
  ['II\xbc\x01', { name: 'a JPEG XR picture', advice: convert }],
  ['FUJIFILMCCD-RAW', camera],
  ['IIRO', camera],
  ['IIU\0', camera],
  ['%PDF', { name: 'a PDF document', advice: 'Export the page you need as PNG.' }],
  ['PK\x03\x04', { name: 'a ZIP archive', advice: 'Unpack it and name a picture inside.' }],
  ['\x1f\x8b', { name: 'a gzip archive', advice: 'Unpack it first.' }],
  ['\x1a\x45\xdf\xa3', { name: 'a video', advice: 'Save the frame you need as PNG.' }],
  [
    'version https://git-lfs',
    { name: 'a Git LFS pointer instead of the picture', advice: 'Run `git lfs pull` in its repository.' },
  ],
]

const video = { name: 'a video', advice: 'Save the frame you need as PNG.' }

/** The format, an unsupported format, or undefined if unknown. */
export function pictureFormat(encoded: Uint8Array): PictureFormat | OtherFormat | undefined {
  const length = Math.min(encoded.byteLength, headBytes)
  const head = Buffer.from(encoded.buffer, encoded.byteOffset, length).toString('latin1')
  const found = opened.find(([magic]) => head.startsWith(magic))
  if (found !== undefined) return found[1] === 'TIFF' && isRaw(encoded) ? camera : found[1]
  if (head.startsWith('RIFF')) return head.startsWith('WEBP', 8) ? 'WebP' : undefined
  if (head.startsWith('ftyp', 4)) {
    // Box size, then major brand, version and compatible brands, four bytes each.
    const brands = head.slice(8, Math.max(12, Math.min(length, Buffer.from(head, 'latin1').readUInt32BE(0))))
    return mediaFormat(brands, encoded)
  }
  const other = others.find(([magic, , at = 0]) => head.startsWith(magic, at))
  return other?.[1] ?? textFormat(head)
}

/** By brands, or by the codec if the brands are generic. */
function mediaFormat(brands: string, encoded: Uint8Array): PictureFormat | OtherFormat {
  if (/avi[fs]/.test(brands)) return 'AVIF'
  if (/hei[cxms]|hev[cxms]/.test(brands)) return 'HEIC'
  if (brands.includes('crx ')) return camera
  if (!/mif[12]|msf1|miaf|1pic/.test(brands)) return video
  const length = Math.min(encoded.byteLength, mediaBytes)
  const boxes = Buffer.from(encoded.buffer, encoded.byteOffset, length).toString('latin1')
  if (/infe.{8}(?:.{2})?av01/s.test(boxes)) return 'AVIF'
  if (/infe.{8}(?:.{2})?(?:hvc1|hev1)/s.test(boxes)) return 'HEIC'
  return { name: 'a HEIF picture with an unsupported codec', advice: convert }
}

function textFormat(head: string): OtherFormat | undefined {
  if (/^P[1-7][\s#]/.test(head)) return { name: 'a PNM picture', advice: convert }
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart()
  if (/^<(!doctype\s+html|html)/i.test(text)) return page
  return /^<(\?xml|!doctype\s+svg|svg|!--)/i.test(text) && /<svg|svg/i.test(text) ? svg : undefined
}
