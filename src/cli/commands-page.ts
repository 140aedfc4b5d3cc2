/** The page `docs/commands.md`: every command with its options, as its help tells them. `npm run docs` writes it. */
import type { Command, Option } from 'commander'
import { exitCodes, program } from './program.ts'

export function commandsPage(): string {
  const root = program()
  const codes = Object.entries(exitCodes).map(([code, text]) => `| ${code} | ${text} |`)
  return [
    '# Commands',
    'Written by `npm run docs` from the schemas of the commands; `mini-o3 help <command>` prints the same.',
    '`--config <file>` reads options from YAML: a command’s name, and under it its options without dashes. What is typed takes ' +
      'precedence. `--data`, or `--problems`, always names problems: a folder or a file of them.',
    ['| exit code | meaning |', '| --- | --- |', ...codes].join('\n'),
    ...root.commands.flatMap((command) => sections(command, 'mini-o3')),
  ]
    .join('\n\n')
    .concat('\n')
}

function sections(command: Command, above: string): string[] {
  const name = `${above} ${command.name()}`
  const own = command.commands.flatMap((below) => sections(below, name))
  if (command.name() === 'help') return own
  const args = command.registeredArguments.map((argument) => {
    const form = argument.variadic ? `${argument.name()}...` : argument.name()
    return `\`<${form}>\`: ${cell(argument.description)}.`
  })
  const visible = command.createHelp().visibleOptions(command)
  const headings = [...new Set(visible.map(({ helpGroupHeading = '' }) => helpGroupHeading))]
  const tables =
    command.commands.length > 0 && args.length === 0 && visible.length < 2
      ? []
      : headings.map((heading) => {
          const options = visible.filter((option) => (option.helpGroupHeading ?? '') === heading)
          const rows = options.map((option) => `| \`${option.flags}\` | ${cell(textOf(option))} |`)
          return [`| ${heading.replace(':', '') || 'Options'} | |`, '| --- | --- |', ...rows].join('\n')
        })
  return [`## ${name}`, cell(command.description()), ...(args.length > 0 ? [args.join(' ')] : []), ...tables, ...own]
}

function textOf({ description, defaultValue, defaultValueDescription, argChoices, mandatory, negate }: Option): string {
  const parts = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices ? [`one of ${argChoices.join(', ')}`] : []),
    ...(defaultValue === undefined || negate ? [] : [`default: ${defaultValueDescription ?? String(defaultValue)}`]),
  ]
  return parts.length === 0 ? description : `${description} (${parts.join('; ')})`
}

/** Placeholders would be read as HTML. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/<(?=[a-z/])/gi, '&lt;')
}
