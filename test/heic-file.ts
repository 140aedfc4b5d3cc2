/**
 * HEIC files for tests, as phones write them: one HEVC picture in an ISO media file. Its blocks of 16 x 16 pixels are stored without
 * compression (PCM), so all that an encoder needs is here.
 */

export interface HeicOptions {
  /** Of each block, row by row: `[Y, Cb, Cr]`, full range. */
  readonly blocks: readonly (readonly (readonly [number, number, number])[])[]
  /** Quarter turns anticlockwise with which the picture is to be shown. */
  readonly turns?: number
  readonly brands?: readonly string[]
  /** A colour profile. */
  readonly icc?: Uint8Array
}

const side = 16

export function heicFile({ blocks, turns = 0, brands = ['heic', 'mif1', 'heic'], icc }: HeicOptions): Buffer {
  const [height, width] = [blocks.length * side, (blocks[0]?.length ?? 0) * side]
  const [vps, sps, pps] = [nal(32, videoSet()), nal(33, sequenceSet(width, height)), nal(34, pictureSet())]
  const slice = nal(19, sliceOf(blocks.flat()))
  const data = Buffer.concat([u32(slice.length), slice])
  const arrays = [vps, sps, pps].map((unit, index) =>
    Buffer.concat([Buffer.from([0x80 | (32 + index), 0, 1]), u16(unit.length), unit]),
  )
  const head = [1, 3, 0x70, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 90, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 3]
  const colour = icc
    ? box('colr', Buffer.from('prof'), Buffer.from(icc))
    : box('colr', Buffer.from('nclx'), u16(1), u16(13), u16(6), Buffer.from([0x80]))
  const properties = [
    box('hvcC', Buffer.from(head), ...arrays),
    fullBox('ispe', 0, u32(width), u32(height)),
    colour,
    ...(turns === 0 ? [] : [box('irot', Buffer.from([turns]))]),
  ]
  const [first = 'heic', ...others] = brands
  const ftyp = box('ftyp', Buffer.from(first), u32(0), ...others.map((brand) => Buffer.from(brand)))
  const used = properties.map((_, index) => (index === 0 ? 0x80 : 0) | (index + 1))
  const meta = (offset: number): Buffer =>
    fullBox(
      'meta',
      0,
      fullBox('hdlr', 0, u32(0), Buffer.from('pict'), Buffer.alloc(13)),
      fullBox('pitm', 0, u16(1)),
      fullBox('iloc', 0, u16(0x4400), u16(1), u16(1), u16(0), u16(1), u32(offset), u32(data.length)),
      fullBox('iinf', 0, u16(1), fullBox('infe', 2, u16(1), u16(0), Buffer.from('hvc1\0'))),
      box('iprp', box('ipco', ...properties), fullBox('ipma', 0, u32(1), u16(1), Buffer.from([used.length, ...used]))),
    )
  const offset = ftyp.length + meta(0).length + 8
  return Buffer.concat([ftyp, meta(offset), box('mdat', data)])
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const inside = Buffer.concat(content)
  return Buffer.concat([u32(inside.length + 8), Buffer.from(type), inside])
}

function fullBox(type: string, version: number, ...content: readonly Buffer[]): Buffer {
  return box(type, u32(version << 24), ...content)
}

/** Bits, and the codes that headers are written in. */
class Bits {
  readonly #bits: number[] = []

  u(count: number, value: number): this {
    for (let at = count - 1; at >= 0; at--) this.#bits.push(Math.floor(value / 2 ** at) % 2)
    return this
  }

  /** Exp-Golomb. */
  ue(...values: readonly number[]): this {
    for (const value of values) {
      const length = Math.floor(Math.log2(value + 1))
      this.u(length, 0).u(length + 1, value + 1)
    }
    return this
  }

  align(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0)
    return this
  }

  bytes(): number[] {
    const { length } = this.#bits
    return Array.from({ length: length / 8 }, (_, at) =>
      this.#bits.slice(at * 8, at * 8 + 8).reduce((byte, bit) => byte * 2 + bit, 0),
    )
  }
}

/** With its header, and a byte where the content would look like a start code. */
function nal(type: number, content: readonly number[]): Buffer {
  const out: number[] = [type << 1, 1]
  let zeros = 0
  for (const byte of content) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3)
      zeros = 0
    }
    out.push(byte)
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return Buffer.from(out)
}

/** Main Still Picture, level 3. */
function profileAndLevel(bits: Bits): Bits {
  return bits.u(8, 3).u(32, 0x70000000).u(4, 0b1001).u(43, 0).u(1, 0).u(8, 90)
}

function videoSet(): number[] {
  const bits = new Bits().u(4, 0).u(2, 3).u(6, 0).u(3, 0).u(1, 1).u(16, 0xffff)
  return profileAndLevel(bits).u(1, 1).ue(0, 0, 0).u(6, 0).ue(0).u(2, 0).u(1, 1).align().bytes()
}

function sequenceSet(width: number, height: number): number[] {
  const bits = profileAndLevel(new Bits().u(4, 0).u(3, 0).u(1, 1)).ue(0, 1, width, height).u(1, 0)
  // Blocks of 16 pixels, never split; PCM of 8 bits.
  bits.ue(0, 0, 0).u(1, 1).ue(0, 0, 0, 1, 0, 0, 2, 0, 0).u(3, 0).u(1, 1).u(8, 0x77).ue(1, 0).u(1, 1)
  return bits.ue(0).u(5, 0).u(1, 1).align().bytes()
}

function pictureSet(): number[] {
  const bits = new Bits().ue(0, 0).u(7, 0).ue(0, 0, 0).u(3, 0).ue(0, 0).u(7, 0)
  // Without filters between blocks.
  return bits.u(3, 0b101).u(2, 0).ue(0).u(2, 0).u(1, 1).align().bytes()
}

/** How the range shrinks with each block that is not split: all that is coded of a block beside its samples. */
const shrinks = [240, 227, 216, 205, 195, 185, 175, 166, 158, 150, 142, 135, 128, 122, 116, 110]

function sliceOf(blocks: readonly (readonly [number, number, number])[]): number[] {
  if (blocks.length > shrinks.length) throw new Error(`at most ${shrinks.length} blocks`)
  const bits = new Bits().u(2, 0b10).ue(0, 2, 0).u(1, 1).align()
  for (const [index, samples] of blocks.entries()) {
    // Behind the first block, that the slice goes on; then one part, and that PCM follows.
    let range = index === 0 ? 510 : 508
    range -= shrinks[index]!
    endCode(bits, range - 2)
    for (const [plane, sample] of samples.entries()) {
      for (let at = 0; at < (plane === 0 ? side ** 2 : side ** 2 / 4); at++) bits.u(8, sample)
    }
  }
  endCode(bits, 508)
  return bits.bytes()
}

/** The end of an arithmetic code that begins at 0 and whose last symbol lies at `low`: nine bits, of which the last marks the end. */
function endCode(bits: Bits, low: number): void {
  bits.u(9, low | 1).align()
}
