/**
 * The interface of a picture for a search: size, identity, and any region as pixels of any size. There are two implementations: a decoded
 * file (`vision/`) and a scene that draws regions on demand (`probe/`).
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
  /** Hex SHA-256 of the file or scene, which identifies the picture in trajectories. */
  readonly sha256: string
  /** How its file was read; absent for a scene, which looks the same either way. */
  readonly reading?: PictureReading
  /** A note for the user, for example that the file is truncated. */
  readonly note?: string
  /** The region `boxPx` resampled to `size`. The region must be inside the picture and not empty. */
  region(boxPx: PixelBox, size: Size, resampler: Resampler): Promise<Pixels>
}

/** The entry of a picture in a trajectory. */
export function storedPicture({ sha256, width, height, reading }: Omit<Picture, 'region'>): Trajectory['picture'] {
  return { sha256, width, height, ...(reading === 'pillow' && { reading }) }
}

/** Equal for pictures with the same pixels. */
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
