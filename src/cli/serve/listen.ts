/** Shared by `serve` and `view`: network options, and a server for the pages that runs until Ctrl-C. */
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
  host: text('<address>', 'address to listen on', { fallback: '127.0.0.1' }),
  port: whole('port to listen on; 0 for any free one', { min: 0, max: 65_535, fallback: 8420 }),
  json: flag('print one line {"url": ...} to stdout when ready and everything else to stderr'),
})

type ListenOptions = Values<typeof listenOptions>

interface Served extends Pick<HttpServerOptions, 'routes' | 'refusals'> {
  /** The page to open first, as path segments. */
  readonly page: readonly string[]
  /** The filter of that page. */
  readonly where?: string | undefined
  /** Text printed after the address. */
  readonly more: (base: string) => string
}

/** Serves the pages and `routes` until the signal fires and all responses are sent. */
export async function listen({ host, port, json }: ListenOptions, served: Served, signal: AbortSignal): Promise<void> {
  const token = process.env[tokenVariable] || undefined
  const routes = { ...(await pageRoutes()), ...served.routes }
  const server = await startServer({ host, port, token, routes, refusals: served.refusals, onFault: report })
  const { page, where } = served
  const shown = where === undefined ? '' : `?${new URLSearchParams({ where }).toString()}`
  const place = page.length === 0 ? '' : `/#/${page.map(encodeURIComponent).join('/')}${shown}`
  if (json) printJson({ url: server.url + place })
  else {
    // The wildcard address cannot be opened from another machine, so the host name is printed instead.
    const base = server.url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, `//${hostname()}`)
    // The token itself is never printed.
    const entrance = token === undefined ? place : `/?token=<${tokenVariable}>${place.slice(1)}`
    print(`Open ${base}${entrance} in a browser.${served.more(base)} Ctrl-C ends it.`)
  }
  if (!signal.aborted) await once(signal, 'abort')
  await server.close()
}
