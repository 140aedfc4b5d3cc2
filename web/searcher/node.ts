/**
 * What the search loop uses of Node's modules, for a browser: the build puts this file in their place, and fails for a name that is not
 * here. Files and packages are out of reach; nothing that a page does asks for them.
 */
const outOfReach = (): never => {
  throw new Error('internal error: a page has no files and no packages')
}

export const createRequire = () => outOfReach
export const readFileSync = outOfReach

/** SHA-256 in hexadecimal, without waiting, which a browser's own cannot do. */
export function createHash() {
  let bytes: Uint8Array = new Uint8Array()
  return {
    update(data: string | Uint8Array) {
      bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
      return this
    },
    digest: () => sha256(bytes),
  }
}

/** The first `count` primes' roots as 32 bits behind the point: the constants of SHA-256. */
function rootBits(count: number, root: (prime: number) => number): Uint32Array {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return Uint32Array.from(primes, (prime) => (root(prime) % 1) * 2 ** 32)
}

const start = rootBits(8, Math.sqrt)
const rounds = rootBits(64, Math.cbrt)

function sha256(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n)
  const state = start.slice()
  const words = new Uint32Array(64)
  const at = (values: Uint32Array, index: number): number => values[index] ?? 0
  const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by))
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(block + i * 4)
    for (let i = 16; i < 64; i++) {
      const [w15, w2] = [at(words, i - 15), at(words, i - 2)]
      const s0 = turned(w15, 7) ^ turned(w15, 18) ^ (w15 >>> 3)
      const s1 = turned(w2, 17) ^ turned(w2, 19) ^ (w2 >>> 10)
      words[i] = at(words, i - 16) + s0 + at(words, i - 7) + s1
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let i = 0; i < 64; i++) {
      const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
      const first = (h + s1 + ((e & f) ^ (~e & g)) + at(rounds, i) + at(words, i)) | 0
      const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)
      const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
    }
    for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i] = at(state, i) + value
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}
