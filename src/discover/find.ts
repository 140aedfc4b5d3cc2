/** What is there to answer a question about a photograph: running servers, services with a key. */
import { findServers } from './find-servers.ts'
import type { FindOptions } from './find-servers.ts'
import type { Found } from './found.ts'
import { findLocalModels } from './local-models.ts'
import { servicesWithKeys } from './keys.ts'
import { usualPlaces } from './usual-places.ts'

/** Asks nobody beyond this machine. */
export async function find(options: FindOptions = {}): Promise<Found> {
  const { env } = process
  const [servers, local] = await Promise.all([findServers(usualPlaces(env), options), findLocalModels()])
  return { servers, local, services: servicesWithKeys(env) }
}
