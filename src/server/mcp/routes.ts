/** The tools of `server.ts` over HTTP. Stateless: every request is its own MCP connection. */
import { onAbort, orAborted } from '../../shared/deadline.ts'
import type { McpOptions } from './server.ts'
import type { KeepSearch, SentSearch } from '../searcher.ts'
import type { HttpError } from '../http/http-error.ts'
import type { Routes } from '../http/router.ts'
import type { JsonRpcRefusal } from './message-lines.ts'
import { fieldsOf } from '../../shared/fields.ts'

export interface McpRoutesOptions extends Omit<McpOptions, 'files' | 'keep'> {
  readonly keep?: KeepSearch
}

/** `POST /mcp`. Pictures must be part of the call: HTTP clients get no access to files of this machine. */
export function mcpRoutes({ keep, ...options }: McpRoutesOptions): Routes {
  return {
    'POST /mcp': async (parsedBody, { signal, headers }) => {
      // Imported on first use, so that other commands do not pay for loading it.
      const [{ mcpServer }, { WebStandardStreamableHTTPServerTransport }] = await Promise.all([
        import('./server.ts'),
        import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'),
      ])
      const pageOf =
        keep && (async (search: SentSearch): Promise<string> => `http://${headers.host}${(await keep(search)).page}`)
      const server = mcpServer({ ...options, files: false, keep: pageOf })
      const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: !wantsProgress(parsedBody) })
      const close = (): void => void server.close()
      onAbort(signal, close)
      try {
        await server.connect(transport)
        const told = ['accept', 'content-type', 'mcp-protocol-version'] as const
        const kept = told.flatMap((name): [string, string][] => (headers[name] ? [[name, String(headers[name])]] : []))
        const request = new Request('http://localhost/mcp', { method: 'POST', headers: kept })
        const answer = await orAborted(transport.handleRequest(request, { parsedBody }), signal)
        const streamed = answer.headers.get('content-type')?.startsWith('text/event-stream')
        if (!streamed || answer.body === null) close()
        else return new Response(closedAfter(answer.body, close), answer)
        return answer
      } catch (error) {
        close()
        throw error
      }
    },
  }
}

/** Clients time out calls without progress: those that ask for progress get a stream. */
function wantsProgress(body: unknown): boolean {
  return [body].flat().some((message) => {
    const params = fieldsOf(fieldsOf(message)?.['params'])
    return fieldsOf(params?.['_meta'])?.['progressToken'] !== undefined
  })
}

function closedAfter(body: ReadableStream<Uint8Array>, close: () => void): ReadableStream<Uint8Array> {
  return body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ flush: close }))
}

/** A refusal outside the protocol, in JSON-RPC format. */
export function mcpRefusal({ status, message }: HttpError): JsonRpcRefusal {
  const code = status >= 500 ? -32_603 : -32_600
  return { jsonrpc: '2.0', id: null, error: { code, message } }
}
