/** The page of commands is the one that their schemas make, and nothing is missing from it. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { commandsPage } from './commands-page.ts'
import { filterPage } from './filter-page.ts'
import { program } from './program.ts'

test('docs/commands.md is up to date: npm run docs writes it', async () => {
  expect(readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8')).toBe(await commandsPage())
})

test('docs/filter.md is up to date: npm run docs writes it', () => {
  expect(readFileSync(new URL('../../docs/filter.md', import.meta.url), 'utf8')).toBe(filterPage())
})

test('every option of every command stands under a heading, in the page and in help', async () => {
  const page = await commandsPage()
  const commands = (above: Command): readonly Command[] => above.commands.flatMap((one) => [one, ...commands(one)])
  for (const command of commands(await program()).filter(({ options }) => options.length > 0)) {
    const help = command.helpInformation()
    for (const { long, helpGroupHeading } of command.options) {
      expect(help).toContain(helpGroupHeading)
      expect(help).toContain(long)
      expect(page).toContain(long)
    }
  }
})

test('--data names problems in every command that has it, and --problems is the same', async () => {
  const { commands } = await program()
  const having = commands.filter(({ options }) => options.some(({ long }) => long === '--data'))
  expect(having.map((command) => command.name())).toEqual(['collect', 'sft', 'rl', 'eval', 'export'])
  for (const command of having) {
    expect(command.options.some(({ short, long }) => [short, long].includes('--problems'))).toBe(true)
    expect(command.options.find(({ long }) => long === '--data')?.flags).toContain('<path>')
  }
})
