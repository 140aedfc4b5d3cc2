/** What `serve` and `view` share: their options for listening, and a server with the pages that runs until Ctrl-C. */
import { once } from 'node:events'
import { hostname } from 'node:os'
import { tokenVariable } from '../../server/http/guard.ts'
import { startServer } from '../../server/http/start-server.ts'
import type { HttpServerOptions } from '../../server/http/start-server.ts'
import { pageRoutes } from '../../server/pages.ts'
import { print, printJson, report } from '../print/output.ts'
import { flag, inGroup, text, whole } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'

export const listenOptions = inGroup('Output', {
  host: text('<address>', 'where to listen', { fallback: '127.0.0.1' }),
  port: whole('port to listen on; 0: any free one', { min: 0, max: 65_535, fallback: 8420 }),
  json: flag('print one line {"url": ...} on stdout when ready, and everything else on stderr'),
})

type ListenOptions = Values<typeof listenOptions>

interface Served extends Pick<HttpServerOptions, 'routes' | 'refusals'> {
  /** Where on the pages to begin, as parts of a path. */
  readonly page: readonly string[]
  /** Said beside the address. */
  readonly more: (base: string) => string
}

/** Serves the pages and `routes` until the signal fires and all answers are out. */
export async function listen({ host, port, json }: ListenOptions, served: Served, signal: AbortSignal): Promise<void> {
  const token = process.env[tokenVariable] || undefined
  const routes = { ...(await pageRoutes()), ...served.routes }
  const server = await startServer({ host, port, token, routes, refusals: served.refusals, onFault: report })
  const { page } = served
  const place = page.length === 0 ? '' : `/#/${page.map(encodeURIComponent).join('/')}`
  if (json) printJson({ url: server.url + place })
  else {
    // Listening everywhere is no address that another machine could open.
    const base = server.url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, `//${hostname()}`)
    // The token itself is never printed.
    const entrance = token === undefined ? place : `/?token=<${tokenVariable}>${place.slice(1)}`
    print(`Open ${base}${entrance} in a browser.${served.more(base)} Ctrl-C ends it.`)
  }
  if (!signal.aborted) await once(signal, 'abort')
  await server.close()
}
