/** Training sets that the page asks for: one at a time, under a free name, cancelled or failed without a trace. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { writeRun } from '../../../test/stored-searches.ts'
import { UserError } from '../../shared/errors.ts'
import { openSetDesk } from './set-desk.ts'
import type { SetDeskOptions } from './set-desk.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sets-'))
  await writeRun(join(root, 'night', 'eval 1'), { command: 'eval' })
})
afterAll(() => rm(root, { recursive: true }))

const wish = { run: 'night/eval 1', where: 'correct', to: 'collection' }

function deskWith(write: SetDeskOptions['write']) {
  const onFault = vi.fn<(error: unknown) => void>()
  const desk = openSetDesk({ root, formats: ['collection'], write, onFault, signal: new AbortController().signal })
  return { desk, onFault }
}

test('a set in progress counts, keeps others waiting, and can be cancelled', async () => {
  const { desk, onFault } = deskWith(async ({ run, where, out }, { signal, onTotal, onRow }) => {
    expect([run, where.text, out]).toEqual([join(root, 'night/eval 1'), 'correct', join(root, 'night-eval-1-set')])
    onTotal(3)
    onRow()
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
    return ''
  })
  const { id } = await desk.start(wish)
  await vi.waitFor(() =>
    expect(desk.row(id)).toMatchObject({ state: 'working', name: 'night-eval-1-set', done: 1, total: 3 }),
  )
  await expect(desk.start(wish)).rejects.toMatchObject({ status: 409 })
  desk.cancel(id)
  await vi.waitFor(() =>
    expect(desk.row(id)).toMatchObject({ state: 'cancelled', text: 'Cancelled; nothing was written.' }),
  )
  expect(onFault).not.toHaveBeenCalled()
  expect(() => desk.row('other')).toThrow('There is no such set.')
  await desk.close()
})

test('what was written and why not are told; an internal error only on the terminal', async () => {
  await mkdir(join(root, 'night-eval-1-set'))
  const fault = new Error('secret')
  const results = ['3 searches', new UserError('export-nothing', 'No search matches.'), fault]
  const { desk, onFault } = deskWith(async () => {
    const result = results.shift()
    if (typeof result === 'string') return result
    throw result
  })
  for (const [state, text] of [
    ['done', '3 searches'],
    ['failed', 'No search matches.'],
    ['failed', expect.stringContaining('terminal of the server')],
  ]) {
    const { id, name } = await desk.start(wish)
    expect(name).toBe('night-eval-1-set-2')
    await vi.waitFor(() => expect(desk.row(id)).toMatchObject({ state, text }))
    await desk.close()
  }
  expect(onFault.mock.calls).toEqual([[fault]])
})
