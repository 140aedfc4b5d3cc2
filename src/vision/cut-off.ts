/** Whether an encoded picture lacks its end, told without decoding it: what a torn copy or a full disk leaves. */
import { open } from 'node:fs/promises'

/** Where the end of a picture must be seen: some programs write a few kilobytes of their own behind it. */
const tailBytes = 65_536

/** As `cutOff`, of a file, of which only the first and last bytes are read. */
export async function fileCutOff(path: string): Promise<string | undefined> {
  return cutOff(await readEnds(path))
}

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

/** Says so when bytes are no picture, or one that lacks its end. Formats without an end of their own are trusted. */
export function cutOff(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < 12) return 'the picture is empty'
  const tail = buffer.subarray(-tailBytes)
  const start = buffer.toString('latin1', 0, 4)
  const whole = start.startsWith('\xff\xd8') ? tail.includes(jpegEnd) : start !== '\x89PNG' || tail.includes('IEND')
  return whole ? undefined : 'the picture is cut off'
}
