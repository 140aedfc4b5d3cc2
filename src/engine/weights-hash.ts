/** Identifies weights by their bytes, so that a run never resumes with other weights under the same file name. */
import { readFile } from 'node:fs/promises'
import { sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'

/** Hex SHA-256 of a checkpoint; weights on a server (`tinker://...`), and none, name themselves. Throws `UserError`. */
export async function weightsHash(checkpoint: string | undefined): Promise<string | undefined> {
  if (checkpoint === undefined || checkpoint.startsWith('tinker://')) return checkpoint
  try {
    return sha256(await readFile(checkpoint))
  } catch (cause) {
    throw new UserError('checkpoint-missing', `No checkpoint at ${checkpoint}. Name a .safetensors file that exists.`, {
      cause,
    })
  }
}
