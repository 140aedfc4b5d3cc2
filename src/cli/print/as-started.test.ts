/** Commands that are told can be typed as they stand. */
import { expect, test } from 'vitest'
import { startProgram } from '../../../test/run-program.ts'
import { program } from '../program.ts'
import { asStarted } from './as-started.ts'

const told = 'Run `mini-o3 ask a.jpg "Why?"` or npx mini-o3 doctor; mini-o3 asks first, and mini-o3.yaml stays.'

test('behind npx where npx started the program, and nowhere else', () => {
  expect(asStarted(told, { npm_command: 'exec' })).toBe(told.replace('`mini-o3', '`npx mini-o3'))
  for (const env of [{}, { npm_command: 'run-script' }]) expect(asStarted(told, env)).toBe(told)
})

test('every command is known', async () => {
  const names = (await program()).commands.map((command) => command.name())
  for (const name of names)
    expect(asStarted(`mini-o3 ${name} x`, { npm_command: 'exec' })).toBe(`npx mini-o3 ${name} x`)
})

test('in errors and help of the program', async () => {
  const env = { npm_command: 'exec' }
  const help = await startProgram(['ask', '--help'], { env }).ended
  expect(help.stdout).toContain('$ npx mini-o3 ask scene.jpg')
  const refused = await startProgram(['eval', 'resume', 'x'], { env }).ended
  expect(refused.code).toBe(2)
})
