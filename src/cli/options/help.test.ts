import { Command } from 'commander'
import { expect, test } from 'vitest'
import { withHelpTopics } from './help.ts'

async function help(...topic: readonly string[]): Promise<string> {
  let shown = ''
  const root = new Command('mini-o3').exitOverride().configureOutput({ writeOut: (text) => void (shown += text) })
  root.command('ask').description('Asks.')
  root.command('eval').description('Measures.').command('merge').description('Joins.')
  withHelpTopics(root)
  await root.parseAsync(['help', ...topic], { from: 'user' })
  return shown
}

test('help of the program, of a command, and of one below it', async () => {
  expect(await help()).toContain('show the options and examples of a command')
  expect(await help('ask')).toContain('Asks.')
  expect(await help('eval', 'merge')).toContain('Joins.')
})

test.each([
  [['evla'], 'There is no command "evla". Closest names: eval'],
  [['eval', 'merg'], 'There is no command "merg" of eval. Closest names: merge.'],
  [['ask', 'more'], 'There is no command "more" of ask. It has no subcommands.'],
])('an unknown topic: %j', async (topic, message) => {
  await expect(help(...topic)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) })
})
