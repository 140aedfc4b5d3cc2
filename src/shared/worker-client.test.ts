/** A thread written here as text, which imports the compiled client: it answers, throws, dies or never answers, as it is asked. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { startWorker } from './worker-client.ts'
import type { WorkerClient } from './worker-client.ts'
import { workerUrl } from './worker-url.ts'

const client = workerUrl(import.meta.url, './worker-client.js')
const thread = `
  import { answerRequests } from ${JSON.stringify(client.href)}
  answerRequests(async (asked) => {
    if (asked === 'throw') throw Object.assign(new Error('not this one'), { code: 'refused' })
    if (asked === 'print') console.log('a library reports')
    if (asked === 'exit') process.exit(3)
    if (asked === 'break') setTimeout(() => { throw new Error('out of order') })
    if (asked === 'wait' || asked === 'break') await new Promise(() => setInterval(() => {}, 1000))
    return asked + asked
  })`

let worker: WorkerClient<string, string>
const start = () => (worker = startWorker(new URL(`data:text/javascript,${encodeURIComponent(thread)}`)))
afterEach(() => worker.close())

it('answers, and tells what was thrown in the thread', async () => {
  const { ask } = start()
  expect(await Promise.all([ask('a'), ask('b')])).toEqual(['aa', 'bb'])
  await expect(ask('throw')).rejects.toMatchObject({
    code: 'refused',
    message: 'not this one',
    cause: { name: 'Error', stack: expect.stringContaining('data:text/javascript') as unknown },
  })
  expect(await ask('c')).toBe('cc')
})

it('keeps what is printed in the thread off the standard output', async () => {
  const program = `
    import { startWorker } from ${JSON.stringify(client.href)}
    const worker = startWorker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(thread)})))
    console.log(await worker.ask('print'))
    await worker.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  expect(stdout).toBe('printprint\n')
})

it.each([
  ['exit', /ended by itself, with status 3/],
  ['break', /broke: out of order/],
])('leaves nobody waiting after "%s"', async (last, message) => {
  const { ask } = start()
  const waiting = ask('wait')
  await Promise.all(
    [ask(last), waiting].map((asked) =>
      expect(asked).rejects.toMatchObject({ code: 'worker-ended', message: expect.stringMatching(message) as unknown }),
    ),
  )
  await expect(ask('a')).rejects.toMatchObject({ code: 'worker-ended' })
})

it('leaves nobody waiting when it is stopped', async () => {
  const { ask, close } = start()
  const waiting = ask('wait').catch((error: unknown) => error)
  await close()
  expect(await waiting).toMatchObject({ code: 'worker-ended', message: 'A worker thread was stopped.' })
})
