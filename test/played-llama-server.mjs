#!/usr/bin/env node
/**
 * A `llama-server` for tests, as an executable: takes the arguments of the real one, loads for a while, and answers chats. What it is
 * given is checked, and what it is asked is written to the file of PLAYED_LOG, a line of JSON each. PLAYED_END says when it ends
 * by itself: `loading`, or `once` amid its first reply, which the file of that name keeps count of.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

const text = { type: /** @type {const} */ ('string') }
const flag = { type: /** @type {const} */ ('boolean') }
const { values } = parseArgs({
  options: {
    model: text,
    mmproj: text,
    host: text,
    port: text,
    'ctx-size': text,
    parallel: text,
    threads: text,
    'image-max-tokens': text,
    'cache-ram': text,
    jinja: flag,
    'no-slots': flag,
    'no-webui': flag,
  },
})
const { PLAYED_LOG: log = '', PLAYED_END: end = '' } = process.env
const tell = (/** @type {object} */ entry) => appendFileSync(log, `${JSON.stringify(entry)}\n`)
for (const path of [values.model, values.mmproj]) {
  if (path === undefined || readFileSync(path).subarray(0, 4).toString() !== 'GGUF') fail('error: failed to load model')
}
tell({ pid: process.pid, ...values })
if (end === 'loading') fail("error: unknown model architecture: 'of-tomorrow'")

function fail(/** @type {string} */ why) {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

let looks = 0
const json = (/** @type {import('node:http').ServerResponse} */ response, status, body) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
const server = createServer(async (request, response) => {
  if (request.url === '/health') {
    return json(response, looks++ < 2 ? 503 : 200, { status: 'ok' })
  }
  if (request.url === '/v1/models') {
    return json(response, 200, { data: [{ id: values.model, owned_by: 'llamacpp' }] })
  }
  if (request.url === '/props') {
    const context = Number(values['ctx-size']) / Number(values.parallel)
    return json(response, 200, { default_generation_settings: { n_ctx: context } })
  }
  const pieces = []
  for await (const piece of request) pieces.push(piece)
  const { messages, ...body } = JSON.parse(Buffer.concat(pieces).toString())
  tell({ url: request.url, messages: messages.length, ...body })
  if (end !== '' && !existsSync(end)) {
    writeFileSync(end, '')
    response.write('{"choi')
    process.kill(process.pid, 'SIGKILL')
  }
  const message = { role: 'assistant', content: '<answer>7</answer>' }
  const usage = { prompt_tokens: 90, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 40 } }
  json(response, 200, { choices: [{ message, finish_reason: 'stop' }], usage })
})
server.listen(Number(values.port), values.host)
