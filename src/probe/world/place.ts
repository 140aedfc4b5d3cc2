/** Puts rectangles on a picture so that none touches another. */
import { pixelBox } from '../../protocol/box.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Random } from '../../shared/random.ts'

export function overlaps(a: PixelBox, b: PixelBox): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

export function grown(box: PixelBox, by: number): PixelBox {
  return pixelBox(box[0] - by, box[1] - by, box[2] + by, box[3] + by)
}

export function union(boxes: readonly PixelBox[]): PixelBox {
  const side = (at: 0 | 1 | 2 | 3): number[] => boxes.map((box) => box[at])
  return pixelBox(Math.min(...side(0)), Math.min(...side(1)), Math.max(...side(2)), Math.max(...side(3)))
}

/** A free place for a rectangle, `gap` away from the picture's edge and from all of `taken`; undefined where none is found. */
export function findPlace(
  rng: Random,
  picture: Size,
  { width, height }: Size,
  gap: number,
  taken: readonly PixelBox[],
  tries = 300,
): PixelBox | undefined {
  const [roomX, roomY] = [picture.width - width - 2 * gap, picture.height - height - 2 * gap]
  if (roomX <= 0 || roomY <= 0) return undefined
  for (let attempt = 0; attempt < tries; attempt++) {
    const x = gap + rng.int(roomX)
    const y = gap + rng.int(roomY)
    const box = pixelBox(x, y, x + width, y + height)
    const apart = grown(box, gap)
    if (!taken.some((other) => overlaps(apart, other))) return box
  }
  return undefined
}
