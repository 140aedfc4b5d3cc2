import { expect, test } from 'vitest'
import { program } from './program.ts'

test.each([
  [['--version'], ['help']],
  [['-V'], ['help']],
  [
    ['note', 'run'],
    ['note', 'help'],
  ],
])('of the commands, %j loads no more than it needs', async (words, loaded) => {
  expect((await program(words)).commands.map((command) => command.name())).toEqual(loaded)
})

test.each(['--help', 'nonsense', 'constructor'])('%s loads all commands', async (word) => {
  expect((await program([word])).commands.length).toBeGreaterThan(20)
})
