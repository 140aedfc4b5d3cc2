/** Reads a text file block by block into one buffer, so memory use does not depend on its size. */
import { isUtf8 } from 'node:buffer'
import type { ReadAt } from './text-source.ts'

export interface Block {
  /** Valid until the next block is read. */
  readonly bytes: Buffer
  /** Offset of the block in the text. */
  readonly offset: number
}

const blockBytes = 1024 ** 2
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Skips a byte order mark. */
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

/** Longest text, in bytes, that the readers of tables and items keep; of longer text they keep the position. */
export const heldBytes = 16_384

/** Error for other encodings such as Latin-1, whose letters would reach the policy garbled. */
export const notUtf8 =
  'contains bytes that are not UTF-8: the file was saved in another encoding. Save it as UTF-8 (in Excel: CSV UTF-8)'

/** Collects text that arrives in parts, and drops it if it becomes too long. */
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
    else if (part.length > 0) this.parts.push(Buffer.from(part)) // a copy, since the buffer of the block is reused
  }

  /** The text since the last call; undefined if it was too long. */
  take(): string | undefined {
    const kept = this.bytes > this.most ? undefined : Buffer.concat(this.parts)
    this.parts = []
    this.bytes = 0
    if (kept !== undefined && !isUtf8(kept)) this.valid = false
    return kept?.toString('utf8')
  }

  /** Whether all text taken since the last call is valid UTF-8. */
  takeValid(): boolean {
    const { valid } = this
    this.valid = true
    return valid
  }
}
