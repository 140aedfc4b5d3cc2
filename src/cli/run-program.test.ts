/** How the program ends, in processes of its own. */
import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'

const built = new URL('../../dist/', import.meta.url)

function run(work: string, env: Record<string, string> = {}): Promise<{ code: number; stderr: string }> {
  const script = `
    const { runProgram } = await import('${new URL('cli/run-program.js', built).href}')
    const { UserError } = await import('${new URL('shared/errors.js', built).href}')
    runProgram('mini-o3 eval', ${work})`
  const options = ['--input-type=module', '-e', script]
  return new Promise((done) => {
    execFile(process.execPath, options, { env: { ...process.env, ...env } }, (error, _, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stderr }),
    )
  })
}

const wrong = `async () => { throw new UserError('x', 'Name a file.', { cause: new Error('no abcdefgh12 there') }) }`

test.each([
  ['done', 'async () => {}', {}, 0, /^$/],
  ['a promise that never settles', '() => new Promise(() => {})', {}, 1, /^error: mini-o3 eval did not finish: .*\n$/],
  ['what the user can mend', wrong, {}, 2, /^error: Name a file\.\n$/],
  ['what nobody foresaw', `async () => null.x`, {}, 1, /^error: unexpected: Cannot read .*\n.*--debug.*\n$/],
  [
    'an event handler that throws',
    `async () => { setTimeout(() => null.x); await new Promise(() => setInterval(() => {}, 9)) }`,
    {},
    1,
    /^error: unexpected: Cannot read/,
  ],
  [
    'a promise that nobody awaits',
    `async () => { Promise.reject(new UserError('x', 'Lost.')); await new Promise(() => setInterval(() => {}, 9)) }`,
    {},
    2,
    /^error: Lost\.\n$/,
  ],
  [
    'causes, where they are asked for, without keys',
    wrong,
    { MINI_O3_DEBUG: '1', MY_API_KEY: 'abcdefgh12' },
    2,
    /UserError: Name a file\.[^]*caused by: Error: no \*\*\* there/,
  ],
  ['MINI_O3_DEBUG=0 asks for none', wrong, { MINI_O3_DEBUG: '0' }, 2, /^error: Name a file\.\n$/],
] as const)('%s', async (_, work, env, code, stderr) => {
  const ended = await run(work, env)
  expect(ended.stderr).toMatch(stderr)
  expect(ended.code).toBe(code)
})
