#!/usr/bin/env node
/**
 * What a tiny model has to learn before a real server can search with it: the program itself is run against a teacher on the
 * loopback that knows every answer, and what was asked and said is kept. So the prompts are always those of this version.
 *
 *     npm run build && node test/peers/lessons.mjs <folder>
 *
 * Writes lessons.jsonl (a line a conversation) and pictures/. `tiny-vlm.py` learns from them.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { colours, miniO3, writeProblems, zoomsWanted } from './kit.mjs'

const doctorRuns = 12
const picturesOfAColour = 12

const folder = process.argv[2]
if (folder === undefined) throw new Error('Usage: lessons.mjs <folder>')
rmSync(folder, { recursive: true, force: true })
mkdirSync(join(folder, 'pictures'), { recursive: true })

/** By their text. A conversation takes the place of the shorter one that it goes on from: all replies in it are learnt. */
const lessons = new Map()

const server = createServer((request, response) => {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', async () => {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'GET') return response.end(JSON.stringify({ object: 'list', data: [{ id: 'tiny' }] }))
    const { messages, tools } = JSON.parse(Buffer.concat(parts).toString())
    const asked = messages.map(withFiles)
    const message = { role: 'assistant', content: await reply(asked) }
    const lastReply = asked.findLastIndex(({ role }) => role === 'assistant')
    lessons.delete(JSON.stringify(asked.slice(0, lastReply + 1)))
    const lesson = { kind: asked[0].role === 'system' ? 'search' : 'doctor', tools, messages: [...asked, message] }
    lessons.set(JSON.stringify(lesson.messages), lesson)
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }))
  })
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const there = [
  '--base-url',
  `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/v1`,
]

/** A message with its pictures in files of their own. */
function withFiles(message) {
  if (!Array.isArray(message.content)) return message
  const content = message.content.map((part) => {
    if (part.type !== 'image_url') return part
    const [head, data] = part.image_url.url.split(',')
    const bytes = Buffer.from(data, 'base64')
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
    const image = `pictures/${name}.${head.includes('png') ? 'png' : 'jpg'}`
    if (!existsSync(join(folder, image))) writeFileSync(join(folder, image), bytes)
    return { type: 'image', image }
  })
  return { ...message, content }
}

const textOf = ({ content }) => (typeof content === 'string' ? content : content.map(({ text = '' }) => text).join(''))
const picturesIn = (messages) =>
  messages.flatMap(({ content }) => (Array.isArray(content) ? content.filter(({ type }) => type === 'image') : []))

async function reply(messages) {
  const zooms = zoomsWanted(messages.map(textOf).join('\n'))
  if (zooms !== undefined && messages[0].role === 'system') return searchTurn(messages, zooms)
  const asked = textOf(messages.at(-1))
  const copied = /^Copy this line exactly, and write nothing else: (.*)$/m.exec(asked)
  if (copied) return copied[1]
  if (asked.includes('random letters')) return Array.from({ length: 30 }, () => pick('abcdefghijklmnop')).join('')
  if (asked.includes('Which colour is this picture?')) return colourOf(picturesIn(messages).at(-1))
  if (asked.includes('the first picture in this conversation')) return colourOf(picturesIn(messages)[0])
  if (asked.includes('Say "ok"')) return 'ok'
  // Where doctor draws it; a model that looked for it would have to be larger.
  if (asked.includes('Where is the red square?')) return '[0.6, 0.35, 0.7, 0.5]'
  if (asked.startsWith('Count from 1 to 200'))
    return `${Array.from({ length: 200 }, (_, n) => n + 1).join(' ')} </grounding>`
  if (asked.startsWith('Call the function')) return 'I call none.'
  throw new Error(`The teacher does not know what to say to: ${asked}`)
}

async function searchTurn(messages, zooms) {
  const turn = messages.filter(({ role }) => role === 'assistant').length
  if (turn === zooms) return `<think>I see it.</think><answer>${await colourOf(picturesIn(messages)[0])}</answer>`
  const source = turn === 0 || Math.random() < 0.7 ? 'original_image' : `observation_${turn}`
  const call = `{"bbox_2d": ${pick(boxes)}, "source": "${source}"}`
  return `<think>I look closer.</think><grounding>${call}</grounding>`
}

const pick = (all) => all[Math.floor(Math.random() * all.length)]
/** Few, since there is nothing to learn in where it looks. */
const boxes = ['[0.1, 0.1, 0.4, 0.5]', '[0.5, 0.2, 0.9, 0.6]', '[0.2, 0.5, 0.6, 0.9]', '[0.3, 0.3, 0.8, 0.8]']

async function colourOf({ image }) {
  const { channels } = await sharp(join(folder, image)).stats()
  const away = (name) => colours[name].reduce((sum, value, at) => sum + Math.abs(value - channels[at].mean), 0)
  return Object.keys(colours).toSorted((a, b) => away(a) - away(b))[0]
}

const work = mkdtempSync(join(tmpdir(), 'lessons-'))
const data = join(work, 'data')
await writeProblems(data, picturesOfAColour)
const search = ['--policy', 'chat:tiny', ...there, '--max-pixels', '50000', '--judge', 'exact', '--samples', '1']
const evaluated = await miniO3([
  'eval',
  '--benchmark',
  'problems',
  '--data',
  data,
  ...search,
  '--run',
  join(work, 'run'),
])
process.stdout.write(evaluated.stdout)
if (evaluated.code !== 0) throw new Error(evaluated.stderr)
for (let n = 0; n < doctorRuns; n++) {
  const { code, stdout, stderr } = await miniO3(['doctor', ...there])
  if (code !== 0) throw new Error(`${stdout}${stderr}`)
  if (n === 0) process.stdout.write(stdout)
}
server.close()
rmSync(work, { recursive: true })
const all = [...lessons.values()]
writeFileSync(join(folder, 'lessons.jsonl'), all.map((lesson) => `${JSON.stringify(lesson)}\n`).join(''))
const searches = all.filter(({ kind }) => kind === 'search').length
console.log(`${folder}: ${searches} searches and ${all.length - searches} answers to doctor`)
