/** Names weights by their bytes, so that a run never goes on with other weights under the same file name. */
import { readFile } from 'node:fs/promises'
import { sha256 } from '../../shared/canonical.ts'
import { UserError } from '../../shared/errors.ts'

/** Hex SHA-256 of a checkpoint. Throws `UserError` when it cannot be read. */
export async function checkpointHash(file: string): Promise<string> {
  try {
    return sha256(await readFile(file))
  } catch (cause) {
    throw new UserError('checkpoint-missing', `No checkpoint at ${file}. Name a .safetensors file that exists.`, {
      cause,
    })
  }
}
