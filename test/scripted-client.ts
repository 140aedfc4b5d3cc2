/** A client of a scripted server: both are closed after each test of the file that asks for them. */
import { afterEach } from 'vitest'
import type { Endpoint } from '../src/endpoint/endpoint.ts'
import { openEndpoint } from '../src/endpoint/open-endpoint.ts'
import type { EndpointOptions } from '../src/endpoint/open-endpoint.ts'
import { startScriptedEndpoint } from './scripted-endpoint.ts'
import type { ScriptedEndpoint, ScriptedOptions } from './scripted-endpoint.ts'

type Start = (
  options: ScriptedOptions,
  more?: Partial<EndpointOptions>,
) => Promise<{ readonly server: ScriptedEndpoint; readonly endpoint: Endpoint }>

export function scriptedClients(): Start {
  const opened: { close(): void | Promise<void> }[] = []
  afterEach(async () => {
    for (const each of opened.splice(0).toReversed()) await each.close()
  })
  return async (options, more) => {
    const server = await startScriptedEndpoint(options)
    opened.push(server)
    const quick = { backoffMs: 2, maxWaitMs: 50, timeoutMs: 5_000 }
    const endpoint = await openEndpoint({ baseUrl: server.baseUrl, ...quick, ...more })
    opened.push(endpoint)
    return { server, endpoint }
  }
}
