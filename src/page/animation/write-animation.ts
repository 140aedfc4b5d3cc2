/** A search as an animated WebP or GIF: its shots drawn, and encoded within a number of bytes. */
import { sharp } from '../../shared/native.ts'
import { boxSize, pixelBox } from '../../protocol/box.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import { originalOf } from '../../protocol/originals.ts'
import { shownSize } from '../../protocol/orientation.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { bytesText } from '../../shared/bytes.ts'
import { UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { changedRegion } from '../../vision/changed-view.ts'
import { dataUrl, encodeJpeg } from '../../vision/encode.ts'
import { atMost } from '../../vision/fit.ts'
import type { Picture } from '../../vision/picture.ts'
import { withRaster } from '../figure/raster.ts'
import { frameSvg } from './frame.ts'
import type { FramePicture } from './frame.ts'
import { shotsOf } from './shots.ts'
import type { AnimationShot } from './shots.ts'

export type AnimationKind = 'webp' | 'gif'

/** Width in pixels, also of the picture; its height follows the shape of the original, within these shares. */
const width = 800
const shapes = { least: 0.5, most: 1 }

export const usualAnimationBytes = 2_000_000

/** Throws `UserError` `animation-too-large` if it cannot be made as small as `mostBytes`. */
export async function drawAnimation(
  kind: AnimationKind,
  trajectory: Trajectory,
  pictures: readonly Picture[],
  mostBytes: number = usualAnimationBytes,
): Promise<Uint8Array<ArrayBuffer>> {
  const first = itemAt(pictures, 0)
  const shape = Math.min(shapes.most, Math.max(shapes.least, first.height / first.width))
  const stage: Size = { width, height: Math.round((width * shape) / 2) * 2 }
  const shots = shotsOf(trajectory, stage)
  const frames: Buffer[] = []
  await withRaster(async (raster) => {
    for (const shot of shots) {
      const picture = await pictureOf(shot, trajectory, pictures, stage)
      frames.push(Buffer.from(await raster(frameSvg(shot, picture, stage, trajectory), 1)))
    }
  })
  return encoded(
    kind,
    frames,
    shots.map(({ ms }) => ms),
    mostBytes,
  )
}

async function pictureOf(
  { view }: AnimationShot,
  { observations }: Trajectory,
  pictures: readonly Picture[],
  stage: Size,
): Promise<FramePicture> {
  if ('observation' in view) {
    const seen = itemAt(observations, view.observation)
    const shown = shownSize(seen)
    const scale = Math.min(stage.width / shown.width, stage.height / shown.height)
    const size = {
      width: Math.max(1, Math.round(shown.width * scale)),
      height: Math.max(1, Math.round(shown.height * scale)),
    }
    const pixels = await changedRegion(
      itemAt(pictures, originalOf(seen, observations)),
      seen,
      observations,
      size,
      'area',
    )
    const place = { x: (stage.width - size.width) / 2, y: (stage.height - size.height) / 2, ...size }
    return { url: dataUrl(await encodeJpeg(pixels, 88), 'jpeg'), place }
  }
  const picture = itemAt(pictures, view.original)
  const inside = within(view.box, picture)
  const scale = stage.width / boxSize(view.box).width
  const { width: across, height: down } = boxSize(inside)
  const place = {
    x: (inside[0] - view.box[0]) * scale,
    y: (inside[1] - view.box[1]) * scale,
    width: across * scale,
    height: down * scale,
  }
  const size = atMost(
    { width: Math.ceil(place.width), height: Math.ceil(place.height) },
    Math.max(stage.width, stage.height),
  )
  return { url: dataUrl(await encodeJpeg(await picture.region(inside, size, 'area'), 88), 'jpeg'), place }
}

/** The part of the box that lies in the picture, in whole pixels. */
function within([x0, y0, x1, y1]: PixelBox, { width, height }: Size): PixelBox {
  const [left, top] = [Math.max(0, Math.floor(x0)), Math.max(0, Math.floor(y0))]
  return pixelBox(
    Math.min(left, width - 1),
    Math.min(top, height - 1),
    Math.max(left + 1, Math.min(width, Math.ceil(x1))),
    Math.max(top + 1, Math.min(height, Math.ceil(y1))),
  )
}

/** Tried in turn until one is small enough. */
const qualities: Readonly<Record<AnimationKind, readonly { readonly scale: number; readonly value: number }[]>> = {
  webp: [
    { scale: 1, value: 82 },
    { scale: 1, value: 65 },
    { scale: 1, value: 45 },
    { scale: 0.75, value: 45 },
    { scale: 0.5, value: 40 },
  ],
  // Numbers of colours.
  gif: [
    { scale: 1, value: 128 },
    { scale: 1, value: 48 },
    { scale: 0.75, value: 64 },
    { scale: 0.6, value: 32 },
    { scale: 0.4, value: 24 },
  ],
}

async function encoded(
  kind: AnimationKind,
  frames: readonly Buffer[],
  delay: number[],
  mostBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const levels = qualities[kind]
  let least = Infinity
  for (let at = 0; at < levels.length;) {
    const { scale, value } = itemAt(levels, at)
    const bytes = await animated(kind, scale === 1 ? frames : await scaledFrames(frames, scale), delay, value)
    if (bytes.length <= mostBytes) return new Uint8Array(bytes)
    least = Math.min(least, bytes.length)
    // Encoding takes seconds: where twice too much is left, the next level is not enough.
    at = at === levels.length - 1 || bytes.length < 2 * mostBytes ? at + 1 : Math.min(at + 2, levels.length - 1)
  }
  throw new UserError(
    'animation-too-large',
    `The animation has ${bytesText(least)} at its smallest, more than ${bytesText(mostBytes)}. Allow more with --max-bytes${kind === 'gif' ? ', or write a .webp file, which is smaller' : ''}.`,
  )
}

async function animated(
  kind: AnimationKind,
  frames: readonly Buffer[],
  delay: number[],
  value: number,
): Promise<Buffer> {
  const joined = sharp([...frames], { join: { animated: true } })
  return kind === 'webp'
    ? joined.webp({ quality: value, loop: 0, delay, effort: 2 }).toBuffer()
    : joined.gif({ colours: value, loop: 0, delay, effort: 3, interFrameMaxError: 8, dither: 0.6 }).toBuffer()
}

async function scaledFrames(frames: readonly Buffer[], scale: number): Promise<Buffer[]> {
  const smaller: Buffer[] = []
  for (const frame of frames) {
    smaller.push(
      await sharp(frame)
        .resize(Math.round(width * scale))
        .png({ compressionLevel: 1 })
        .toBuffer(),
    )
  }
  return smaller
}
