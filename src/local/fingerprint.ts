/** Identifies a model by its weights, so that a run never resumes with another one. Files of many gigabytes are sampled, not read. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const samples = 64
const sampleBytes = 2 ** 16

/** Hex SHA-256 of the size of each file and of samples spread over all of it. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      hash.update(`${size} `)
      const last = Math.max(0, size - sampleBytes)
      for (let index = 0; index < samples; index++) {
        const bytes = Buffer.alloc(sampleBytes)
        const { bytesRead } = await file.read(bytes, 0, sampleBytes, Math.floor((last * index) / (samples - 1)))
        hash.update(bytes.subarray(0, bytesRead))
      }
    } finally {
      await file.close()
    }
  }
  return hash.digest('hex')
}
