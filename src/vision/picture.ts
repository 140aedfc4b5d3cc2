/**
 * What a search needs of a picture: its size, its identity, and any region of it as pixels of a wanted size.
 * Two kinds exist: a decoded file (`vision/`) and a scene that draws regions on demand (`probe/`).
 */
import type { PixelBox, Size } from '../protocol/box.ts'
import type { Resampler } from '../protocol/profile.ts'

export type { Resampler }

/** Packed 8-bit RGB, rows top to bottom: `data.length === width * height * 3`. */
export interface Pixels extends Size {
  readonly data: Uint8Array
}

export interface Picture extends Size {
  /** Content hash (hex SHA-256) of the file or scene: how trajectories name pictures. */
  readonly sha256: string
  /** The region `boxPx` resampled to `size`. The region lies inside the picture and is not empty. */
  region(boxPx: PixelBox, size: Size, resampler: Resampler): Promise<Pixels>
}
