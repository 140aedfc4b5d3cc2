/**
 * The Hugging Face Hub as real HTTP servers: the hub itself, and the store of large files that it redirects to, which is another
 * origin. It checks what it is sent: above all that the token never reaches the store.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface PlayedRepository {
  readonly kind?: 'models' | 'datasets'
  readonly files: Readonly<Record<string, Buffer>>
  readonly licence?: string
  /** Only whoever sends this token may read it. */
  readonly gatedBy?: string
}

interface HubAsked {
  readonly at: 'hub' | 'store'
  /** Of the file; of a listing `api`. */
  readonly path: string
  /** The first byte that was asked for. */
  readonly from: number
  readonly authorization: string | undefined
  /** Earlier requests for the same at the same place. */
  readonly before: number
}

/** How one request is answered, where that is not as it should be. */
export interface HubBehaviour {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The connection breaks after so many bytes of the body. */
  readonly cutAfter?: number
  /** The whole file, whatever was asked for. */
  readonly ignoresRange?: boolean
  readonly body?: Buffer
  /** Nothing more is sent, and the connection stays open. */
  readonly hangs?: boolean
  readonly location?: string
}

export interface PlayedHub {
  readonly endpoint: string
  readonly asked: readonly HubAsked[]
  /** Replaces a repository, as a push does. */
  push(id: string, repository: PlayedRepository): void
  behave(behaviour: (asked: HubAsked) => HubBehaviour | undefined): void
  /** Throws if a client did what it must not do. */
  close(): Promise<void>
}

/** Files from so many bytes on lie in the store. */
const largeBytes = 1000

export async function startPlayedHub(repositories: Readonly<Record<string, PlayedRepository>>): Promise<PlayedHub> {
  const held = new Map(Object.entries(repositories))
  const asked: HubAsked[] = []
  const violations: string[] = []
  let behaviourOf: (one: HubAsked) => HubBehaviour | undefined = () => undefined

  function note(request: IncomingMessage, at: HubAsked['at'], path: string): [HubAsked, HubBehaviour] {
    const { range, authorization } = request.headers
    if (request.headers['accept-encoding'] !== 'identity') violations.push(`${path}: would take compressed bytes`)
    if (at === 'store' && authorization !== undefined) violations.push(`${path}: the token was sent to the store`)
    if (range !== undefined && !/^bytes=[1-9]\d*-$/.test(range)) violations.push(`${path}: asked for range ${range}`)
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    const before = asked.filter((one) => one.at === at && one.path === path).length
    const own: HubAsked = { at, path, from, authorization, before }
    asked.push(own)
    return [own, behaviourOf(own) ?? {}]
  }

  const store = createServer((request, response) => {
    const [, hash = ''] = /^\/store\/([0-9a-f]{64})\?signature=/.exec(request.url ?? '') ?? []
    for (const { files } of held.values()) {
      for (const [path, bytes] of Object.entries(files)) {
        if (sha256Of(bytes) !== hash) continue
        const [, behaviour] = note(request, 'store', path)
        return sendBytes(request, response, bytes, behaviour)
      }
    }
    response.writeHead(404).end()
  })
  const hub = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://hub')
    const [, kindOfList, idOfList] =
      /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/revision\/\w+$/.exec(url.pathname) ?? []
    const [, inData, idOfFile, commit, name] =
      /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/(\w+)\/(.+)$/.exec(url.pathname) ?? []
    const id = idOfList ?? idOfFile ?? ''
    const kind = kindOfList ?? (inData === undefined ? 'models' : 'datasets')
    const path = name === undefined ? 'api' : decodeURIComponent(name)
    const [one, behaviour] = note(request, 'hub', path)
    const repository = held.get(id)
    if (repository === undefined || (repository.kind ?? 'models') !== kind) return refuse(response, 401, 'RepoNotFound')
    if (behaviour.location !== undefined) return redirect(response, behaviour.location)
    if (behaviour.status !== undefined || behaviour.hangs)
      return sendBytes(request, response, Buffer.alloc(0), behaviour)
    const { gatedBy } = repository
    if (name !== undefined && gatedBy !== undefined && one.authorization !== `Bearer ${gatedBy}`)
      return one.authorization === undefined ? refuse(response, 401, 'GatedRepo') : refuse(response, 403, 'GatedRepo')
    if (idOfList !== undefined) {
      if (url.searchParams.get('blobs') !== 'true') violations.push('listed without sizes and hashes')
      const text = Buffer.from(JSON.stringify(listing(id, repository)))
      return sendBytes(request, response, behaviour.body ?? text, {})
    }
    const bytes = repository.files[path]
    if (bytes === undefined || commit !== commitOf(repository)) return refuse(response, 404, 'EntryNotFound')
    if (bytes.length < largeBytes) return sendBytes(request, response, bytes, behaviour)
    response.setHeader('x-linked-etag', `"${sha256Of(bytes)}"`)
    response.setHeader('x-linked-size', bytes.length)
    return redirect(response, `${addressOf(store)}/store/${sha256Of(bytes)}?signature=${asked.length}`)
  })
  for (const server of [hub, store]) await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    endpoint: addressOf(hub),
    asked,
    push: (id, repository) => void held.set(id, repository),
    behave: (behaviour) => void (behaviourOf = behaviour),
    async close() {
      for (const server of [hub, store]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
      if (violations.length > 0) throw new Error(violations.join('\n'))
    },
  }
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function gitHashOf(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

export function commitOf({ files }: PlayedRepository): string {
  const names = Object.entries(files).map(([path, bytes]) => `${path} ${sha256Of(bytes)}`)
  return createHash('sha1').update(names.join('\n')).digest('hex')
}

function listing(id: string, repository: PlayedRepository): object {
  const { files, licence, gatedBy } = repository
  return {
    id,
    sha: commitOf(repository),
    gated: gatedBy === undefined ? false : 'manual',
    tags: ['gguf', ...(licence === undefined ? [] : [`license:${licence}`])],
    siblings: Object.entries(files).map(([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      blobId: gitHashOf(bytes),
      ...(bytes.length >= largeBytes && { lfs: { sha256: sha256Of(bytes), size: bytes.length, pointerSize: 134 } }),
    })),
  }
}

function sendBytes(request: IncomingMessage, response: ServerResponse, whole: Buffer, behaviour: HubBehaviour): void {
  const { status, headers = {}, cutAfter, ignoresRange, body = whole, hangs } = behaviour
  if (status !== undefined) return void response.writeHead(status, headers).end()
  const from = ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (from > 0 && from >= body.length)
    return void response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
  const sent = body.subarray(from)
  response.writeHead(from === 0 ? 200 : 206, {
    'content-length': sent.length,
    ...(from > 0 && { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` }),
    ...headers,
  })
  if (hangs) return void response.write(sent.subarray(0, cutAfter ?? 0))
  if (cutAfter === undefined) return void response.end(sent)
  response.write(sent.subarray(0, cutAfter), () => response.socket?.destroy())
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' }).end('{}')
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end()
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
