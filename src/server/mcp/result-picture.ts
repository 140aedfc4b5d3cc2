/** Pictures in tool results: JPEG, scaled down as needed, because clients drop results of more than a megabyte. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { pixelBox } from '../../protocol/box.ts'
import { encodeFineJpeg, encodeJpeg } from '../../vision/encode.ts'
import type { Pixels } from '../../vision/picture.ts'
import { region } from '../../vision/region.ts'

/** Base64 characters of all pictures of one result, so that with its text it stays well below a megabyte. */
export const mostPictureChars = 720 * 1024

/** Half the size of a high-quality JPEG and still legible. */
const plainQuality = 85
/** Each attempt aims below the limit, since the size does not shrink in proportion to the pixels. */
const aim = 0.85

/** At most `mostChars` base64 characters. */
export async function resultPicture(pixels: Pixels, mostChars: number): Promise<CallToolResult['content'][number]> {
  const mostBytes = Math.floor(mostChars / 4) * 3
  let jpeg = await encodeFineJpeg(pixels)
  let shown = pixels
  if (jpeg.byteLength > mostBytes) jpeg = await encodeJpeg(shown, plainQuality)
  while (jpeg.byteLength > mostBytes && shown.width * shown.height > 1) {
    shown = await smaller(shown, Math.sqrt((aim * mostBytes) / jpeg.byteLength))
    jpeg = await encodeJpeg(shown, plainQuality)
  }
  return { type: 'image', data: Buffer.from(jpeg).toString('base64'), mimeType: 'image/jpeg' }
}

function smaller(pixels: Pixels, factor: number): Promise<Pixels> {
  const side = (px: number): number => Math.max(1, Math.floor(px * factor))
  const size = { width: side(pixels.width), height: side(pixels.height) }
  return region(pixels, pixelBox(0, 0, pixels.width, pixels.height), size, 'area')
}
