#!/usr/bin/env node
/**
 * The program on real servers, each started here on the loopback with the tiny model: `doctor`, `ask` and `eval` to the right
 * answer, and what a server does with stop strings, seeds, a cap on pictures and a prompt that is too long, held against what
 * was seen before (server-list.mjs). A server of which something is missing is skipped with a message.
 *
 *     npm run build && node test/peers/servers.mjs [server ...]
 *
 * TINY_VLM         the folder of tiny-vlm.py; without it nothing is started
 * TINY_GGUF        the folder of tiny-gguf.py, for llama.cpp and LiteLLM
 * LLAMA_SERVER     the path of llama-server, for llama.cpp and LiteLLM
 * VLLM_PYTHON, SGLANG_PYTHON, TRANSFORMERS_PYTHON, MLX_PYTHON, LITELLM_PYTHON
 *                  the Python of an environment in which that server is installed
 * PEERS_LOGS       a folder for what the servers print
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { miniO3, question, writeProblems } from './kit.mjs'
import { model, roomy, servers, tight } from './server-list.mjs'

/** Servers that import PyTorch take minutes on a busy machine. */
const startMs = 600_000
/** More than any of them holds. */
const longText = 'word '.repeat(20_000)

const work = mkdtempSync(join(tmpdir(), 'peers-'))
const logs = resolve(process.env.PEERS_LOGS ?? work)
const data = join(work, 'data')
const picture = join(data, 'pictures', 'yellow-0.png')

async function freePort() {
  const probe = createServer()
  await once(probe.listen(0, '127.0.0.1'), 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
  await new Promise((closed) => probe.close(closed))
  return port
}

/** Works with the server while it runs. */
async function withServer(server, room, use) {
  const port = await freePort()
  const place = { port, nextPort: await freePort(), folder: work, room }
  const log = openSync(join(logs, `${server.name.replaceAll(' ', '-')}.log`), 'a')
  const children = server.starts(place).map(({ command, args, env }) =>
    spawn(command, args, {
      cwd: work,
      // Its own group: some start workers, which are ended with it.
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1', ...env },
    }),
  )
  let ended = ''
  for (const child of children) {
    child.on('error', (error) => (ended = String(error)))
    child.on('exit', (code) => (ended = `it ended with ${code}`))
  }
  const baseUrl = `http://127.0.0.1:${port}/v1`
  try {
    const latest = Date.now() + startMs
    while ((await send(`${baseUrl}/models`)).status !== 200) {
      if (ended !== '' || Date.now() > latest) throw new Error(`${server.name} did not start: ${ended}. See ${logs}.`)
      await pause(1000)
    }
    return await use(baseUrl)
  } finally {
    for (const { pid } of children) {
      try {
        process.kill(-pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
    }
  }
}

/** Status 0: nobody there. */
async function send(url, body) {
  try {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, body && { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, text: await response.text() }
  } catch {
    return { status: 0, text: '' }
  }
}

/** What one server does: each thing as it was seen, and whether that is right. */
async function examine(server) {
  const found = []
  const see = (what, seen, right) => {
    found.push({ what, seen, right })
    console.log(`${right ? 'ok    ' : 'WRONG '} ${server.name}: ${what}: ${seen}`)
  }
  await withServer(server, roomy, async (baseUrl) => {
    await seeServer(baseUrl, server, see)
    await seeProgram(baseUrl, server, see)
  })
  const inLess = { pictures: seeFewPictures, context: seeShortContext }[server.tight]
  if (inLess) await withServer(server, tight, (baseUrl) => inLess(baseUrl, see))
  return found
}

/** Without the program: plain requests. */
async function seeServer(baseUrl, { stop, stopFields, seeded, cached, tooLong }, see) {
  const ask = (content, more) => {
    const body = { model, messages: [{ role: 'user', content }], max_tokens: 64, temperature: 0, ...more }
    return send(`${baseUrl}/chat/completions`, body)
  }
  const textOf = ({ status, text }) =>
    status === 200 ? JSON.parse(text).choices[0].message.content : `status ${status}`
  const copy = 'Copy this line exactly, and write nothing else: <grounding>here</grounding> and on'
  const stopped = await ask(copy, { stop: ['</grounding>'], ...stopFields })
  const became = stopped.status === 200 ? stopHandling(textOf(stopped)) : 'refused'
  const why = became === 'refused' ? ` (${stopped.status}): ${brief(stopped.text)}` : ''
  see('stop strings', became + why, became === stop)

  const line = 'Write a line of thirty random letters. Do not explain.'
  const letters = async (seed) => textOf(await ask(line, { temperature: 1, seed }))
  const [one, same, other] = [await letters(11), await letters(11), await letters(12)]
  const obeyed = one === same && one !== other
  see('seed', obeyed ? 'obeyed' : one === same ? 'all replies alike' : 'overlooked', obeyed === seeded)

  await ask(copy)
  const { usage } = JSON.parse((await ask(copy)).text)
  const held = usage?.prompt_tokens_details?.cached_tokens ?? 0
  see(
    'usage',
    `${usage?.prompt_tokens} in, ${held} of them cached, ${usage?.completion_tokens} out`,
    held > 0 === cached,
  )

  const long = await ask(longText)
  see('too long', `${long.status}: ${brief(long.text)}`, tooLong ? tooLong.test(long.text) : long.status === 200)
}

function stopHandling(reply) {
  if (!reply.includes('</grounding>')) return 'stripped'
  return reply.endsWith('</grounding>') ? 'kept' : 'overlooked'
}

/** The message of a refusal, short enough for a line. */
const brief = (text) =>
  text
    .replaceAll(/(word )+/g, '... ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 400)

async function seeProgram(baseUrl, { stop, seeded, tooLong }, see) {
  const examined = await miniO3(['doctor', '--base-url', baseUrl, '--model', model, '--json'])
  const { usable, findings } = JSON.parse(examined.stdout)
  const about = (check) => findings.find((finding) => finding.check === check) ?? { text: 'not tried' }
  const all = findings.map(({ level, check, text }) => `${level} ${check}: ${text}`).join('; ')
  const right = usable && about('stop strings').text.startsWith(stop) && (about('seed').level === 'ok') === seeded
  see('doctor', `${usable ? 'usable' : 'not usable'}; ${all}`, right)

  const asked = await ask(baseUrl, question(2))
  see('ask', `${asked.answer} in ${asked.turns} turns`, asked.answer === 'yellow' && asked.turns === 3)

  const on = [
    '--benchmark',
    'problems',
    '--data',
    data,
    '--judge',
    'exact',
    '--policy',
    `chat:${model}`,
    '--base-url',
    baseUrl,
  ]
  const settings = [
    '--temperature',
    '0',
    '--max-pixels',
    '50000',
    '--concurrency',
    '4',
    '--run',
    join(work, `eval-${Date.now()}`),
  ]
  const evaluated = await miniO3(['eval', ...on, ...settings, '--json'])
  const { scores, spent } = JSON.parse(evaluated.stdout)
  const { score, items } = scores[0]
  const tokens = `${spent.sent} tokens sent, ${spent.cached} of them cached, ${spent.written} written`
  see('eval', `${score * items} of ${items} right, ${tokens}`, score >= 0.9 && evaluated.code === 0)

  // One that takes every prompt writes nonsense then, for as long as it may.
  if (tooLong === undefined) return
  const beyond = await ask(baseUrl, `${longText}${question(2)}`)
  const refused = beyond.end === 'failed' && beyond.said.includes('does not fit')
  see('ask, too long', refused ? 'failed: does not fit' : beyond.end, refused)
}

/** The outcome of one search, if it came to one, with what was said on the way. */
async function ask(baseUrl, text, ...more) {
  const where = [
    '--policy',
    `chat:${model}`,
    '--base-url',
    baseUrl,
    '--temperature',
    '0',
    '--run',
    join(work, `ask-${Date.now()}`),
  ]
  const { stdout, stderr } = await miniO3(['ask', picture, text, ...where, ...more, '--json'])
  return { said: stderr, ...(stdout !== '' && JSON.parse(stdout)) }
}

async function seeFewPictures(baseUrl, see) {
  const refused = await ask(baseUrl, question(3))
  const error = refused.said.match(/^error: .*/m)?.[0] ?? `no error: ${refused.end}`
  see('ask, too many pictures', error, error.includes(`--max-images ${tight.images}`))
  const held = await ask(baseUrl, question(3), '--max-images', String(tight.images))
  see('ask --max-images', `${held.end} after ${held.turns} turns`, held.end === 'over-image')
}

async function seeShortContext(baseUrl, see) {
  const ended = await ask(baseUrl, question(4))
  see('ask, short context', `${ended.end} after ${ended.turns} turns`, ended.end === 'over-context' && ended.turns > 1)
}

/** Why a server cannot be tried here; undefined if it can. */
const missing = ({ needs }) => ['TINY_VLM', ...needs].find((name) => (process.env[name] ?? '') === '')

const chosen = process.argv.slice(2)
const table = []
mkdirSync(join(work, 'models'))
mkdirSync(logs, { recursive: true })
await writeProblems(data)
if (process.env.TINY_VLM) symlinkSync(resolve(process.env.TINY_VLM), join(work, model))
for (const server of servers) {
  if (chosen.length > 0 && !chosen.includes(server.name)) continue
  const lacking = missing(server)
  if (lacking !== undefined) {
    console.log(`skipped ${server.name}: ${lacking} is not set`)
    continue
  }
  try {
    for (const one of await examine(server)) table.push({ server: server.name, ...one })
  } catch (error) {
    console.log(`WRONG  ${server.name}: ${error.message}`)
    table.push({ server: server.name, right: false })
  }
}
const wrong = table.filter(({ right }) => !right).length
console.log(`servers: ${table.length - wrong} checks right, ${wrong} wrong`)
if (logs !== work) rmSync(work, { recursive: true })
if (wrong > 0) process.exitCode = 1
