/** Verifies a set that `probe build` wrote, by its kind. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../shared/errors.ts'
import type { ProbeCheck, ProbeConfig } from './check-set.ts'
import { checkShapes } from './check-shapes.ts'
import { configName } from './dataset.ts'
import { checkWorlds } from './world/check.ts'
import { worldGenerator } from './world/dataset.ts'

const configSchema: z.ZodType<ProbeConfig> = z.looseObject({
  kind: z.enum(['shapes', 'world']),
  train: z.int().exactOptional(),
  test: z.int().exactOptional(),
  pictures: z.boolean().default(true),
  generator: z.number().default(1),
})

/** Throws UserError `data-not-found` if there is no such set. */
export async function readProbeConfig(folder: string): Promise<ProbeConfig> {
  try {
    return configSchema.parse(JSON.parse(await readFile(join(folder, configName), 'utf8')))
  } catch (cause) {
    const why = cause instanceof z.ZodError ? `its ${configName} does not describe a set` : messageOf(cause)
    throw new UserError(
      'data-not-found',
      `${folder} was not written by probe build: ${why}. Name the folder of --out.`,
      {
        cause,
      },
    )
  }
}

export async function checkProbe(folder: string): Promise<ProbeCheck> {
  const config = await readProbeConfig(folder)
  const { kind, generator } = config
  if (kind === 'world' && generator !== worldGenerator) {
    throw new UserError(
      'probe-other-generator',
      `${folder} was built by generator ${generator} of worlds, this is ${worldGenerator}. Build it again.`,
    )
  }
  return kind === 'world' ? checkWorlds(folder, config) : checkShapes(folder, config)
}
