/** The tools of `server.ts` over HTTP: every request is a connection of its own, so that nothing is held between them. */
import { orAborted } from '../../shared/deadline.ts'
import type { McpOptions } from './server.ts'
import type { KeepSearch, SentSearch } from '../searcher.ts'
import type { Routes } from '../http/router.ts'

export interface McpRoutesOptions extends Omit<McpOptions, 'files' | 'keep'> {
  readonly keep?: KeepSearch
}

/** `POST /mcp`. Pictures come with the call: the files of this machine are not for other programs. */
export function mcpRoutes({ keep, ...options }: McpRoutesOptions): Routes {
  return {
    'POST /mcp': async (parsedBody, { signal, headers }) => {
      // Loaded when it is first asked for: nobody else should wait for it.
      const [{ mcpServer }, { WebStandardStreamableHTTPServerTransport }] = await Promise.all([
        import('./server.ts'),
        import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'),
      ])
      const pageOf = async (search: SentSearch): Promise<string> =>
        `http://${headers.host}${(await keep!(search)).page}`
      const server = mcpServer({ ...options, files: false, keep: keep && pageOf })
      const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
      const close = (): void => void server.close()
      signal.addEventListener('abort', close, { once: true })
      try {
        await server.connect(transport)
        const told = ['accept', 'content-type', 'mcp-protocol-version'] as const
        const kept = told.flatMap((name): [string, string][] => (headers[name] ? [[name, String(headers[name])]] : []))
        const request = new Request('http://localhost/mcp', { method: 'POST', headers: kept })
        return await orAborted(transport.handleRequest(request, { parsedBody }), signal)
      } finally {
        close()
      }
    },
  }
}
