/** A text file block by block, through one buffer: whatever its size, it takes the memory of one block. */
import { isUtf8 } from 'node:buffer'
import type { ReadAt } from './text-source.ts'

export interface Block {
  /** Valid until the next block is asked for. */
  readonly bytes: Buffer
  /** Where it starts in the text. */
  readonly offset: number
}

const blockBytes = 1024 ** 2
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** A byte order mark at the start is left out. */
export async function* readBlocks(read: ReadAt): AsyncGenerator<Block, void> {
  const buffer = Buffer.allocUnsafe(blockBytes)
  for (let offset = 0; ;) {
    const length = await read(buffer, offset)
    if (length === 0) return
    const skipped = offset === 0 && buffer.subarray(0, length).indexOf(byteOrderMark) === 0 ? 3 : 0
    yield { bytes: buffer.subarray(skipped, length), offset: offset + skipped }
    offset += length
  }
}

/** Text of up to this many bytes is kept by the readers of tables and items; of longer text only its place. */
export const heldBytes = 16_384

/** What is wrong with text of another encoding, such as Latin-1: it would reach the policy with letters replaced. */
export const notUtf8 = 'holds bytes that are not UTF-8: the file was saved in another encoding. Save it as UTF-8'

/** Collects text that arrives in parts; too much of it is let go of. */
export class HeldText {
  private parts: Buffer[] = []
  private bytes = 0
  private valid = true
  private readonly most: number

  constructor(most = heldBytes) {
    this.most = most
  }

  add(part: Buffer): void {
    this.bytes += part.length
    if (this.bytes > this.most) this.parts = []
    else if (part.length > 0) this.parts.push(Buffer.from(part)) // a copy: the block's buffer is used again
  }

  /** The text since the last call; undefined when it was too long to be kept. */
  take(): string | undefined {
    const kept = this.bytes > this.most ? undefined : Buffer.concat(this.parts)
    this.parts = []
    this.bytes = 0
    if (kept !== undefined && !isUtf8(kept)) this.valid = false
    return kept?.toString('utf8')
  }

  /** Whether everything that was taken since the last call is UTF-8. */
  takeValid(): boolean {
    const { valid } = this
    this.valid = true
    return valid
  }
}
