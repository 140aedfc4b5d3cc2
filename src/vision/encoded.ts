/** A picture before it is decoded: its bytes, what its header says, and how it is to be read. */
import type { Metadata } from 'sharp'
import type { Size } from '../protocol/box.ts'
import type { PictureReading } from '../protocol/rules.ts'
import type { BmpHeader } from './bmp.ts'
import type { PictureFormat } from './picture-format.ts'

/** The size is that of the picture once it is read. */
export type Encoded = Size & {
  readonly name: string
  readonly bytes: Uint8Array
  readonly reading: PictureReading
  /** Of a JPEG that lacks its last bytes what is there is shown; absent: it is refused where pixels are missing. */
  readonly cutOff?: 'shown' | undefined
} & (
    | { readonly format: 'BMP'; readonly header: BmpHeader }
    | { readonly format: Exclude<PictureFormat, 'BMP'>; readonly header: Metadata }
  )
