/** Checkpoints on a server as files of a run: each file contains the address of the weights on the server. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { UserError } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/replace-file.ts'

const schema = z.object({
  /** Host and port, for the reader. */
  server: z.string(),
  baseModel: z.string(),
  weights: z.string().startsWith('tinker://'),
  /** Of weights that were kept for sampling too. */
  sampler: z.string().optional(),
})
export type Pointer = z.infer<typeof schema>

export async function writePointer(file: string, pointer: Pointer): Promise<void> {
  await replaceFile(file, `${JSON.stringify(pointer, null, 2)}\n`)
}

/** From a file, or from a `tinker://` address itself. Throws `UserError`. */
export async function readPointer(file: string): Promise<Pick<Pointer, 'weights'>> {
  if (file.startsWith('tinker://')) return { weights: file }
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    throw new UserError(
      'checkpoint-foreign',
      `${file} does not point to a checkpoint on a Tinker server. Name one, or an address that begins with tinker://.`,
      { cause },
    )
  }
}
