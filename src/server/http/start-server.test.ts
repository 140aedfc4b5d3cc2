/** The server over real sockets: who is let in, what is refused and how, and how it ends. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UserError } from '../../shared/errors.ts'
import { startServer } from './start-server.ts'
import type { RunningServer, HttpServerOptions } from './start-server.ts'

const faults: unknown[] = []
let release: (() => void) | undefined
const options: HttpServerOptions = {
  host: '127.0.0.1',
  port: 0,
  onFault: (error) => faults.push(error),
  routes: {
    'GET /pages': () => ({ pages: 1 }),
    'GET /text': () => new Response('text'),
    'GET /kept': () => new Response('kept', { headers: { 'cache-control': 'private, max-age=9' } }),
    'POST /echo': (body) => body,
    'POST /wrong': () => {
      throw new UserError('no-such-thing', 'There is no such thing.')
    },
    'POST /broken': () => Promise.reject(new Error('a secret of the house')),
    'GET /slow': () => new Promise((resolve) => (release = () => resolve({ slow: true }))),
  },
}
const secret = 'let me/in?&é, I pray'
let server: RunningServer
beforeAll(async () => {
  server = await startServer(options)
})
afterAll(() => server.close())

/** `fetch` sets Host and Origin by itself; this sends what it is told. */
function status(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers }, (response) => resolve(response.resume().statusCode!))
    asked.on('error', reject).end()
  })
}

/** Sends 40 MiB from the first to the last byte, whatever comes back meanwhile, over a connection that is closed afterwards. */
function sendAll(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const announced = { 'content-length': String(40 * 2 ** 20), ...headers }
    const sent = request(server.url + path, { method: 'POST', agent: false, headers: announced })
    let status: number | undefined
    sent.on('response', (response) => (status = response.resume().statusCode))
    sent.on('error', reject).on('close', () => resolve(status))
    let left = 40
    const write = (): void => {
      if (left-- > 0) sent.write(Buffer.alloc(2 ** 20), write)
      else sent.end()
    }
    write()
  })
}

function post(path: string, body: string | Buffer): Promise<Response> {
  return fetch(server.url + path, { method: 'POST', body })
}

test.each([
  ['/echo', {}, 413],
  ['/echo', { host: 'evil.example' }, 403],
  ['/nope', {}, 404],
  ['/pages', {}, 405],
])('who sends more to %s with %j than is read gets to read %i', async (path, headers, status) => {
  expect(await sendAll(path, headers as Record<string, string>)).toBe(status)
})

describe('who is let in', () => {
  test.each([
    [{}, 200],
    [{ host: 'localhost:9' }, 200],
    [{ host: 'evil.example' }, 403],
    [{ host: '127.0.0.1.evil.example' }, 403],
    [{ host: 'a b' }, 403],
    [{ host: 'localhost:9', origin: 'http://localhost:9' }, 200],
    [{ host: 'localhost:9', origin: 'http://localhost:10' }, 403],
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
  ])('%j: %i', async (headers, expected) => {
    expect(await status(`${server.url}/pages`, headers as Record<string, string>)).toBe(expected)
  })

  test('beyond this machine only with a token, which is then asked for', async () => {
    await expect(startServer({ ...options, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'token-missing' })
    const open = await startServer({ ...options, host: '0.0.0.0', token: secret })
    const url = `http://127.0.0.1:${new URL(open.url).port}/pages`
    const named = { host: 'my-workstation' }
    expect(await status(url, named)).toBe(401)
    expect(await status(url, { ...named, authorization: 'Bearer letmeout' })).toBe(401)
    expect(await status(url, { ...named, authorization: `Bearer ${secret}` })).toBe(200)
    expect(await status(url, { ...named, authorization: `Bearer ${secret}`, origin: 'http://evil.example' })).toBe(403)
    await open.close()
  })

  test.each(['', ' ', 'letmein', 'a'.repeat(40), '1212121212121212', '123456789012345'])(
    'a token that could be guessed is refused at the start: %j',
    async (token) => {
      for (const host of ['127.0.0.1', '0.0.0.0']) {
        await expect(startServer({ ...options, host, token })).rejects.toMatchObject({
          code: 'token-weak',
          exitCode: 2,
        })
      }
    },
  )

  test('a browser brings the token once, and comes in by a cookie from then on', async () => {
    const open = await startServer({ ...options, host: '0.0.0.0', token: secret })
    const url = `http://127.0.0.1:${new URL(open.url).port}`
    const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(url + path, { headers, redirect: 'manual' })
    expect((await get('/?token=letmeout')).status).toBe(401)
    expect((await get('/?token=')).status).toBe(401)
    // Only there: no other address is an entrance.
    expect((await get(`/pages?token=${encodeURIComponent(secret)}`)).status).toBe(401)
    const entered = await get(`/?token=${encodeURIComponent(secret)}`)
    expect([entered.status, entered.headers.get('location')]).toEqual([303, '/'])
    const cookie = entered.headers.get('set-cookie')!
    expect(cookie).toMatch(/^mini_o3=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/)
    const pass = cookie.split(';', 1)[0]!
    expect((await get('/pages', { cookie: `other=1; ${pass}` })).status).toBe(200)
    expect((await get('/pages', { cookie: `${pass.slice(0, -1)}x` })).status).toBe(401)
    expect((await get('/pages', { cookie: pass, origin: 'http://evil.example' })).status).toBe(403)
    await open.close()
  })
})

describe('every answer', () => {
  test('may be shown by no other site, and is kept nowhere unless it says so', async () => {
    const headers = async (path: string, method = 'GET') => {
      const answer = await fetch(server.url + path, { method, ...(method === 'POST' && { body: '{}' }) })
      return ['cross-origin-resource-policy', 'cache-control'].map((name) => answer.headers.get(name))
    }
    const usual = ['same-origin', 'no-store']
    expect(await headers('/pages')).toEqual(usual)
    expect(await headers('/nowhere')).toEqual(usual)
    expect(await headers('/wrong', 'POST')).toEqual(usual)
    expect(await headers('/text')).toEqual(usual)
    expect(await headers('/kept')).toEqual(['same-origin', 'private, max-age=9'])
  })

  test('to HEAD is that of GET without its body', async () => {
    for (const path of ['/pages', '/text']) {
      const answer = await fetch(server.url + path, { method: 'HEAD' })
      expect([answer.status, await answer.text()]).toEqual([200, ''])
    }
  })
})

describe('what is refused', () => {
  const code = async (response: Response) => [
    response.status,
    ((await response.json()) as { error: { code: string } }).error.code,
  ]

  test('unknown pages, other methods, what is not JSON, what is too long', async () => {
    expect(await code(await fetch(`${server.url}/nowhere`))).toEqual([404, 'not_found'])
    expect(await code(await fetch(`${server.url}/echo?x=1`))).toEqual([405, 'method_not_allowed'])
    expect(await code(await post('/echo', '{"a":'))).toEqual([400, 'invalid_json'])
    expect(await (await post('/echo', '{"a":1}')).json()).toEqual({ a: 1 })
    expect(await code(await post('/echo', '['.repeat(30 * 1024 ** 2)))).toEqual([400, 'json_too_long'])
    expect(await code(await post('/echo', `[${'{},'.repeat(10 * 1024 ** 2)}{}]`))).toEqual([400, 'json_too_long'])
    expect(await code(await post('/echo', Buffer.alloc(33 * 1024 ** 2)))).toEqual([413, 'request_too_large'])
  })

  test("the caller's mistakes are explained; of a fault of ours only the terminal hears", async () => {
    const wrong = await post('/wrong', '{}')
    expect(await wrong.json()).toEqual({
      error: {
        message: 'There is no such thing.',
        type: 'invalid_request_error',
        param: null,
        code: 'no-such-thing',
      },
    })
    const broken = await post('/broken', '{}')
    expect(broken.status).toBe(500)
    expect(await broken.text()).not.toContain('secret')
    expect(faults).toEqual([new Error('a secret of the house')])
  })

  test('a port that is taken', async () => {
    const port = Number(new URL(server.url).port)
    await expect(startServer({ ...options, port })).rejects.toMatchObject({ code: 'cannot-listen', exitCode: 2 })
  })
})

test('closing waits for the answers under way and takes no more', async () => {
  const closing = await startServer(options)
  const slow = fetch(`${closing.url}/slow`)
  await expect.poll(() => release).toBeDefined()
  const closed = closing.close()
  release!()
  expect(await (await slow).json()).toEqual({ slow: true })
  await closed
  await expect(fetch(`${closing.url}/pages`)).rejects.toThrow('fetch failed')
})
