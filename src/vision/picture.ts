/**
 * What a search needs of a picture: its size, its identity, and any region of it as pixels of a wanted size.
 * Two kinds exist: a decoded file (`vision/`) and a scene that draws regions on demand (`probe/`).
 */
import type { PixelBox, Size } from '../protocol/box.ts'
import type { Resampler } from '../protocol/profile.ts'
import type { PictureReading } from '../protocol/rules.ts'
import type { Trajectory } from '../protocol/trajectory.ts'

export type { Resampler }

/** Packed 8-bit RGB, rows top to bottom: `data.length === width * height * 3`. */
export interface Pixels extends Size {
  readonly data: Uint8Array
}

export interface Picture extends Size {
  /** Content hash (hex SHA-256) of the file or scene: how trajectories name pictures. */
  readonly sha256: string
  /** How its file was read; a scene has none, and looks alike either way. */
  readonly reading?: PictureReading
  /** What whoever asks about it should know, such as that its file is cut off. */
  readonly note?: string
  /** The region `boxPx` resampled to `size`. The region lies inside the picture and is not empty. */
  region(boxPx: PixelBox, size: Size, resampler: Resampler): Promise<Pixels>
}

/** What a trajectory says of its picture. */
export function storedPicture({ sha256, width, height, reading }: Omit<Picture, 'region'>): Trajectory['picture'] {
  return { sha256, width, height, ...(reading === 'pillow' && { reading }) }
}

/** Equal for pictures of the same pixels. */
export function pixelsId({
  sha256,
  reading = 'displayed',
}: {
  readonly sha256: string
  readonly reading?: PictureReading | undefined
}): string {
  return reading === 'displayed' ? sha256 : `${sha256} ${reading}`
}

/** How the picture of a stored search was read. */
export function readingOf({ picture }: Pick<Trajectory, 'picture'>): PictureReading {
  return picture.reading ?? 'displayed'
}
