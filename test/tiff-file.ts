/** A little-endian TIFF of one strip per page (or per plane), written by hand: sharp writes no pages, floats or signed numbers. */

export interface TiffPage {
  readonly width: number
  readonly height: number
  /** Tag, type (1 byte, 3 short, 4 long, 7 undefined), values. */
  readonly tags: readonly (readonly number[])[]
  /** Of each plane; usually one. */
  readonly data: Buffer | readonly Buffer[]
}

export function tiffFile(pages: readonly TiffPage[]): Buffer {
  const parts: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')]
  let end = 8
  const add = (part: Buffer): number => {
    parts.push(part)
    end += part.length
    return end - part.length
  }
  let link = { part: parts[0]!, at: 4 }
  for (const { width, height, tags, data } of pages) {
    const planes = Buffer.isBuffer(data) ? [data] : data
    const entries = [
      [256, 4, width],
      [257, 4, height],
      [259, 3, 1],
      [273, 4, ...planes.map(add)],
      [278, 4, height],
      [279, 4, ...planes.map(({ length }) => length)],
      ...tags,
    ].toSorted(([a], [b]) => a! - b!)
    const directory = Buffer.alloc(2 + entries.length * 12 + 4)
    directory.writeUInt16LE(entries.length)
    for (const [index, [tag, type, ...values]] of entries.entries()) {
      const size = { 3: 2, 4: 4 }[type!] ?? 1
      const bytes = Buffer.alloc(Math.max(4, size * values.length))
      for (const [i, value] of values.entries()) bytes.writeUIntLE(value, i * size, size)
      const at = 2 + index * 12
      directory.writeUInt16LE(tag!, at)
      directory.writeUInt16LE(type!, at + 2)
      directory.writeUInt32LE(values.length, at + 4)
      if (bytes.length > 4) directory.writeUInt32LE(add(bytes), at + 8)
      else bytes.copy(directory, at + 8)
    }
    link.part.writeUInt32LE(end, link.at)
    link = { part: directory, at: directory.length - 4 }
    add(directory)
  }
  return Buffer.concat(parts)
}

/** Tags of greys: `format` is 1 for unsigned integers, 2 for signed ones, 3 for floats. */
export function greyTags(bits: number, format: number): number[][] {
  return [
    [258, 3, bits],
    [262, 3, 1],
    [277, 3, 1],
    [339, 3, format],
  ]
}

/** Tags of `samples` channels of which three are colours. */
export function rgbTags(bits: number, format: number, samples = 3): number[][] {
  return [
    [258, 3, ...Array.from({ length: samples }, () => bits)],
    [262, 3, 2],
    [277, 3, samples],
    [339, 3, ...Array.from({ length: samples }, () => format)],
  ]
}
