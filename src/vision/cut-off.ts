/** Detects truncated pictures without decoding, as left by an interrupted copy or a full disk. */
import { open } from 'node:fs/promises'

/** The end marker must be within this many last bytes, since some programs append their own data. */
const tailBytes = 65_536

/** Like `cutOff` for a file, reading only its first and last bytes. */
export async function fileCutOff(path: string): Promise<string | undefined> {
  return cutOff(await readEnds(path))
}

/** The first and the last bytes of a file; all of a small one. */
async function readEnds(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size <= 2 * tailBytes) return await file.readFile()
    const ends = Buffer.alloc(2 * tailBytes)
    await file.read(ends, 0, tailBytes, 0)
    await file.read(ends, tailBytes, tailBytes, size - tailBytes)
    return ends
  } finally {
    await file.close()
  }
}

const jpegEnd = Buffer.from([0xff, 0xd9])
const pngStart = Buffer.from('\x89PNG', 'latin1')

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8
}

/** A message if the bytes are empty or truncated. Formats without an end marker are assumed complete. */
export function cutOff(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < 12) return 'the picture is empty'
  const end = isJpeg(buffer) ? jpegEnd : buffer.subarray(0, 4).equals(pngStart) ? 'IEND' : undefined
  const whole = end === undefined || buffer.subarray(-tailBytes).includes(end)
  return whole ? undefined : 'the picture is truncated'
}
