/** What is there to answer a question about a photograph: running servers, services with a key. */
import { findServers } from './find-servers.ts'
import type { FindOptions } from './find-servers.ts'
import type { Found } from './found.ts'
import { servicesWithKeys } from './keys.ts'
import { usualPlaces } from './usual-places.ts'

/** Asks nobody beyond this machine. */
export async function find(options: FindOptions = {}): Promise<Found> {
  const { env } = process
  return { servers: await findServers(usualPlaces(env), options), services: servicesWithKeys(env) }
}
