/** A picture before decoding: its bytes, its header, and how to read it. */
import type { Metadata } from 'sharp'
import type { Size } from '../protocol/box.ts'
import type { PictureReading } from '../protocol/rules.ts'
import type { BmpHeader } from './bmp.ts'
import type { PictureFormat } from './picture-format.ts'

/** The size is that of the decoded picture. */
export type Encoded = Size & {
  readonly name: string
  readonly bytes: Uint8Array
  readonly reading: PictureReading
  /** `shown`: a damaged JPEG is decoded as far as possible; absent: it is refused if pixels are missing or wrong. */
  readonly cutOff?: 'shown' | undefined
} & (
    | { readonly format: 'BMP'; readonly header: BmpHeader }
    | { readonly format: Exclude<PictureFormat, 'BMP'>; readonly header: Metadata }
  )
