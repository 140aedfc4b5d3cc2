/** Resamples any box of decoded pixels to any size, without copying the crop first. */
import { sharp } from '../shared/native.ts'
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import type { Resampler } from '../protocol/profile.ts'
import { areaRegion } from './area.ts'
import { halved, picked } from './kernels.ts'
import { bicubicRegion, lanczosRegion } from './lanczos.ts'
import type { Pixels } from './picture.ts'

/**
 * The box `boxPx` of `source` resampled to `size`. At its own size the box is copied exactly, whatever the resampler. Throws RangeError for a
 * box that is empty, fractional or not inside the source; callers have to resolve boxes first.
 */
export async function region(source: Pixels, boxPx: PixelBox, size: Size, resampler: Resampler): Promise<Pixels> {
  check(source, boxPx, size)
  const inner = boxSize(boxPx)
  if (inner.width === size.width && inner.height === size.height) return copyRegion(source, boxPx)
  switch (resampler) {
    case 'nearest':
      return nearestRegion(source, boxPx, size)
    case 'area':
      return areaRegion(source, boxPx, size)
    case 'lanczos3':
      return grows(inner, size) ? lanczosRegion(source, boxPx, size) : shrinkFast(source, boxPx, size, 'lanczos3')
    case 'bicubic':
      return grows(inner, size) ? bicubicRegion(source, boxPx, size) : shrinkFast(source, boxPx, size, 'cubic')
  }
}

function grows(inner: Size, size: Size): boolean {
  return size.width > inner.width || size.height > inner.height
}

function check(source: Size, boxPx: PixelBox, size: Size): void {
  const [x0, y0, x1, y1] = boxPx
  const inside = x0 >= 0 && y0 >= 0 && x1 <= source.width && y1 <= source.height && x0 < x1 && y0 < y1
  if (!boxPx.every(Number.isSafeInteger) || !inside) {
    throw new RangeError(
      `box [${boxPx.join(', ')}] is not a box of whole pixels inside ${source.width}x${source.height}`,
    )
  }
  if (!(Number.isSafeInteger(size.width) && Number.isSafeInteger(size.height) && size.width > 0 && size.height > 0)) {
    throw new RangeError(`cannot resample to ${size.width}x${size.height}: both sides must be whole and at least 1`)
  }
}

function copyRegion(source: Pixels, boxPx: PixelBox): Pixels {
  const { width, height } = boxSize(boxPx)
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const at = ((boxPx[1] + y) * source.width + boxPx[0]) * 3
    data.set(source.data.subarray(at, at + width * 3), y * width * 3)
  }
  return { width, height, data }
}

/** The released loop's resampler for observations, identical to Pillow's NEAREST. */
function nearestRegion(source: Pixels, boxPx: PixelBox, size: Size): Pixels {
  const inner = boxSize(boxPx)
  return picked(source, boxPx, nearestIndices(inner.width, size.width), nearestIndices(inner.height, size.height))
}

/**
 * floor((i + 0.5) * inputs / outputs), computed by repeated addition like Pillow: where the exact value is an integer the two differ by one
 * pixel for one in six pairs of sizes.
 */
function nearestIndices(inputs: number, outputs: number): Int32Array {
  const step = inputs / outputs
  let at = step * 0.5
  return Int32Array.from({ length: outputs }, () => {
    const index = Math.min(Math.floor(at), inputs - 1)
    at += step
    return index
  })
}

/**
 * Fast approximation within a few levels of the exact filter. Shrinks by four or more begin with a box filter: libvips has one, and a box with
 * even sides is halved first by our own, which is several times as fast.
 */
async function shrinkFast(source: Pixels, boxPx: PixelBox, size: Size, kernel: 'lanczos3' | 'cubic'): Promise<Pixels> {
  const { width, height } = boxSize(boxPx)
  if (width >= 4 * size.width && height >= 4 * size.height && width % 2 === 0 && height % 2 === 0) {
    const half = halved(source, boxPx)
    return shrinkFast(half, pixelBox(0, 0, half.width, half.height), size, kernel)
  }
  const data = await sharp(source.data, {
    raw: { width: source.width, height: source.height, channels: 3 },
    limitInputPixels: false, // already in memory
  })
    .extract({ left: boxPx[0], top: boxPx[1], width, height })
    .resize(size.width, size.height, { fit: 'fill', kernel })
    .raw()
    .toBuffer()
  return { width: size.width, height: size.height, data }
}
