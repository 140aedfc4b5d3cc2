/**
 * LRU cache of decoded pictures with a byte limit; each picture is decoded once while it is cached. Unlike the caches of
 * `shared/recent.ts`, it waits for space before decoding and never evicts entries in use.
 */

interface Entry {
  readonly bytes: number
  /** Resolves once the picture is decoded. */
  readonly data: Promise<Uint8Array>
  /** Counted in `heldBytes`. */
  admitted: boolean
  /** Reads in progress; an entry in use is never evicted. */
  users: number
}

export class PixelCache {
  readonly maxBytes: number
  readonly #entries = new Map<string, Entry>() // least recently used first
  readonly #waiting: { readonly bytes: number; readonly admit: () => void }[] = []
  #heldBytes = 0
  #decodes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Bytes of all decoded pictures and those being decoded; exceeds `maxBytes` only for a single larger picture. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Number of decodes so far. */
  get decodes(): number {
    return this.#decodes
  }

  /**
   * Runs `reader` on the decoded picture `key` of `bytes` bytes, decoding it unless it is cached or in progress. Waits until enough other
   * pictures can be evicted. Failed decodes are not cached.
   */
  async read<T>(
    key: string,
    bytes: number,
    decode: () => Promise<Uint8Array>,
    reader: (data: Uint8Array) => T | Promise<T>,
  ): Promise<T> {
    const entry = this.#entries.get(key) ?? this.#start(key, bytes, decode)
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    entry.users++
    this.#admitWaiting()
    try {
      return await reader(await entry.data)
    } finally {
      entry.users--
      this.#admitWaiting()
    }
  }

  #start(key: string, bytes: number, decode: () => Promise<Uint8Array>): Entry {
    const load = async (): Promise<Uint8Array> => {
      await new Promise<void>((admit) => this.#waiting.push({ bytes, admit }))
      entry.admitted = true
      this.#decodes++
      try {
        return await decode()
      } catch (error) {
        this.#drop(key, entry)
        throw error
      }
    }
    const entry: Entry = { bytes, data: load(), admitted: false, users: 0 }
    return entry
  }

  /** First come, first served, so that a large picture is not starved by small ones. */
  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      this.#makeRoom(next.bytes)
      if (this.#heldBytes > 0 && this.#heldBytes + next.bytes > this.maxBytes) return
      this.#waiting.shift()
      this.#heldBytes += next.bytes
      next.admit()
    }
  }

  #makeRoom(bytes: number): void {
    for (const [key, entry] of this.#entries) {
      if (this.#heldBytes + bytes <= this.maxBytes) return
      if (entry.admitted && entry.users === 0) this.#drop(key, entry)
    }
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#heldBytes -= entry.bytes
  }
}

/** The bound that a whole process shares unless told otherwise: ten 8K pictures, by the hash of what they show. */
export const sharedCache = new PixelCache(1024 ** 3)
