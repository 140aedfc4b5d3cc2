/** Serves the built pages, with a content security policy that only allows requests to this server. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../shared/errors.ts'
import type { Routes } from './http/router.ts'

const folder = fileURLToPath(new URL('../web', import.meta.url))

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** One route per file of the build, all read at startup, so that no request path reaches the file system. */
export async function pageRoutes(from: string = folder): Promise<Routes> {
  const names = await readdir(from, { recursive: true }).catch((cause: unknown) => {
    throw new UserError('pages-not-built', `The pages are not built in ${from}. Run: npm run build`, { cause })
  })
  const routes: [string, () => Response][] = []
  for (const name of names) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const content = await readFile(join(from, name))
    const isPage = name === 'index.html'
    // Other files have a content hash in their names.
    const cache = isPage ? 'no-cache' : 'public, max-age=31536000, immutable'
    const headers = {
      'content-type': type,
      'cache-control': cache,
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
    }
    routes.push([
      `GET /${isPage ? '' : name.replaceAll('\\', '/')}`,
      () => new Response(new Uint8Array(content), { headers }),
    ])
  }
  return Object.fromEntries(routes)
}
