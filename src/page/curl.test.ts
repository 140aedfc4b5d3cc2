import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pictureMark } from '../protocol/exchange.ts'
import { curlCommand } from './curl.ts'

const sha256 = 'ab'.repeat(32)
const server = { url: 'http://127.0.0.1:1/v1/chat/completions', keyEnv: 'SOME_API_KEY' }
const picture = { sha256, mime: 'image/png', bytes: 3 }
const file = `${sha256.slice(0, 16)}.png`
const hostile = [
  `'; touch pwned; '`,
  '$(touch pwned) `touch pwned` ${PWNED} $SOME_API_KEY !! \\',
  '\nEOF\ntouch pwned\n',
  '--data @/etc/passwd %s %n \u0000 \u001b[2J \u007f \u009b \u202e \u2028 "quoted" \ud800 中文 😀',
  pictureMark(sha256),
].join(' ')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'curl-'))
  writeFileSync(join(folder, file), 'abc')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What the command sends, where `curl` prints its arguments and input. */
function ran(command: string, shell: string): { readonly words: string[]; readonly body: unknown } {
  const curl = String.raw`curl() { printf '%s\n' "$@" >&2; cat; }`
  const errors = join(folder, 'words')
  const script = `exec 2>${errors}\n${curl}\n${command}`
  const body = execFileSync(shell, ['-s'], { cwd: folder, input: script, env: { ...process.env, SOME_API_KEY: 'it' } })
  const words = execFileSync('cat', [errors]).toString().trim().split('\n')
  return { words, body: JSON.parse(body.toString()) }
}

test.each(['sh', 'bash'])(
  '%s sends exactly the request, with pictures from files, and interprets none of its text',
  (shell) => {
    const messages = [
      { role: 'system', content: hostile },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: pictureMark(sha256), detail: 'high' } },
          { type: 'text', text: hostile },
        ],
      },
      { role: 'assistant', content: hostile, [hostile]: [hostile] },
      { role: 'user', content: [{ type: 'image_url', image_url: null, uuid: sha256 }] },
    ]
    const command = curlCommand(
      server,
      { messages, fields: { model: hostile, stop: [hostile] }, pictures: [picture] },
      () => 'http://127.0.0.1/',
    )
    const { words, body } = ran(command, shell)
    const url = `data:image/png;base64,${Buffer.from('abc').toString('base64')}`
    expect(body).toEqual({
      model: hostile,
      messages: [
        messages[0],
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url, detail: 'high' } },
            { type: 'text', text: hostile },
          ],
        },
        messages[2],
        { role: 'user', content: [{ type: 'image_url', image_url: { url } }] },
      ],
      stop: [hostile],
    })
    expect(words).toContain('authorization: Bearer it')
    expect(words).toContain(server.url)
    expect(readdirSync(folder)).not.toContain('pwned')
    // Nothing that a terminal could act on, or that changes the order of the text.
    expect(command.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e\u2028]/u)
  },
)

test('a picture that cannot be fetched is named with its hash, a strange name of a variable is left out', () => {
  const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: pictureMark(sha256) } }] }]
  const request = { messages, fields: { model: 'm' }, pictures: [picture] }
  const command = curlCommand({ ...server, keyEnv: 'X;touch pwned' }, request, () => undefined)
  expect(command).toContain(`SHA-256 ${sha256} (3 bytes) into the file ${file}`)
  expect(command).not.toContain('pwned')
  expect(ran(command, 'sh').words.join(' ')).not.toContain('authorization')
})
