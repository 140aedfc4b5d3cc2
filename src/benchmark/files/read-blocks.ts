/** A file block by block, through one buffer: whatever its size, it takes the memory of one block. */
import { open } from 'node:fs/promises'

export interface Block {
  /** Valid until the next block is asked for. */
  readonly bytes: Buffer
  /** Where it starts in the file. */
  readonly offset: number
}

const blockBytes = 1024 ** 2
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** A byte order mark at the start is left out. */
export async function* readBlocks(path: string): AsyncGenerator<Block, void> {
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(blockBytes)
    for (let offset = 0; ;) {
      const { bytesRead } = await file.read(buffer, 0, blockBytes, offset)
      if (bytesRead === 0) return
      const skipped = offset === 0 && buffer.subarray(0, bytesRead).indexOf(byteOrderMark) === 0 ? 3 : 0
      yield { bytes: buffer.subarray(skipped, bytesRead), offset: offset + skipped }
      offset += bytesRead
    }
  } finally {
    await file.close()
  }
}

/** Text of up to this many bytes is kept by the readers of tables and items; of longer text only its place. */
export const heldBytes = 16_384

/** Collects text that arrives in parts; too much of it is let go of. */
export class HeldText {
  private parts: Buffer[] = []
  private bytes = 0

  add(part: Buffer): void {
    this.bytes += part.length
    if (this.bytes > heldBytes) this.parts = []
    else if (part.length > 0) this.parts.push(Buffer.from(part)) // a copy: the block's buffer is used again
  }

  /** The text since the last call; undefined when it was too long to be kept. */
  take(): string | undefined {
    const text = this.bytes > heldBytes ? undefined : Buffer.concat(this.parts).toString('utf8')
    this.parts = []
    this.bytes = 0
    return text
  }
}
