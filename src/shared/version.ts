/** The version of this package. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const described = z.object({ version: z.string() })

export const { version } = described.parse(
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')),
)
