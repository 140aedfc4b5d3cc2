/** Runs a model in an installed `llama-server`, which is started and stopped here and used over HTTP like any server. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { openEndpoint } from '../endpoint/open-endpoint.ts'
import type { ServerKind } from '../endpoint/server-kinds.ts'
import { onAbort } from '../shared/deadline.ts'
import { TransportError } from '../shared/errors.ts'
import type { MiniO3Error } from '../shared/errors.ts'
import { itemAt } from '../shared/known.ts'
import { sum } from '../shared/numbers.ts'
import { workerUrl } from '../shared/worker-url.ts'
import { kept, startChild } from './child.ts'
import type { Runner, ToRun } from './runner.ts'

interface Served {
  readonly endpoint: Endpoint
  readonly gone: Promise<MiniO3Error>
  hold(busy: boolean): void
  ended(): boolean
  close(): Promise<void>
}

/** Rejects with `llama-ended` if the server cannot read the files. `kind`: the server kind for its endpoint. */
export async function runInServer(path: string, run: ToRun, kind: ServerKind): Promise<Runner> {
  const started: Served[] = []
  const server = await kept(async () => {
    const served = await startServer(path, run, kind)
    started.push(served)
    return served
  })
  const { endpoint } = await server.now()
  const spent = (name: keyof ReturnType<Endpoint['spent']>): number =>
    sum(started.map((one) => one.endpoint.spent()[name]))
  let busy = 0
  return {
    model: itemAt(endpoint.models, 0),
    where: `llama-server (${path})`,
    card: false,
    async complete(request, { signal, ...told }) {
      const served = await server.now()
      const stop = new AbortController()
      const release = onAbort(signal, () => stop.abort(signal?.reason))
      // Otherwise requests would be retried at an address without a server.
      const lost = served.gone.then((why) => {
        stop.abort(why)
        throw new TransportError(why.code, why.message, { cause: why })
      })
      served.hold(++busy > 0)
      try {
        return await Promise.race([lost, served.endpoint.complete(request, { ...told, signal: stop.signal })])
      } finally {
        release()
        served.hold(--busy > 0)
      }
    },
    spent: () => ({
      requests: spent('requests'),
      retries: spent('retries'),
      promptTokens: spent('promptTokens'),
      replyTokens: spent('replyTokens'),
      bytesSent: spent('bytesSent'),
    }),
    close: () => server.close(),
  }
}

/** Milliseconds between polls while the server loads. */
const lookMs = 100
/** Longer than any reply: a picture takes minutes on a slow processor. */
const replyMs = 24 * 60 * 60 * 1000

async function startServer(path: string, run: ToRun, kind: ServerKind): Promise<Served> {
  const port = await freePort()
  const child = startChild(workerUrl(import.meta.url, './server-worker.js'), [path, ...argumentsFor(run, port)])
  let ended: MiniO3Error | undefined
  void child.gone.then((why) => (ended = why))
  async function close(): Promise<void> {
    child.hold(true)
    if (child.process.connected) child.process.send('end')
    await child.gone
  }
  try {
    const origin = `http://127.0.0.1:${port}`
    while (!(await isReady(`${origin}/health`))) {
      if (ended !== undefined) throw ended
      await wait(lookMs)
    }
    const endpoint = await openEndpoint({ baseUrl: `${origin}/v1`, kind, timeoutMs: replyMs })
    child.hold(false)
    return {
      endpoint,
      gone: child.gone,
      hold: (busy) => child.hold(busy),
      ended: () => ended !== undefined,
      async close() {
        endpoint.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Its prompts are nobody else's on this machine, so it does not show them; `--cache-ram` would take 8 GiB beside the plan. */
function argumentsFor({ model, mmproj, context, slots, threads, imageTokens }: ToRun, port: number): string[] {
  return Object.entries({
    '--model': model,
    '--mmproj': mmproj,
    '--host': '127.0.0.1',
    '--port': port,
    '--ctx-size': context * slots,
    '--parallel': slots,
    '--threads': threads,
    '--image-max-tokens': imageTokens,
    '--cache-ram': 0,
  })
    .flatMap(([name, value]) => [name, String(value)])
    .concat('--jinja', '--no-slots', '--no-webui')
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

/** A free port; the system does not assign the same one again immediately. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port')
  return address.port
}
