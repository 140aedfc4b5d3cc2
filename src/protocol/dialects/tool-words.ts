/** How the tools beside zoom are told to a policy: as functions, and in the words of a prompt. Pure. */
import type { Profile } from '../base-profile.ts'
import { viewTools } from '../view-tools.ts'
import type { ToolName } from '../view-tools.ts'

/** As OpenAI declares functions. `source`: the name and the schema of the argument that says which picture. */
export function toolFunctions(
  tools: readonly ToolName[],
  nameOf: (tool: ToolName) => string,
  source: Readonly<Record<string, object>>,
): object[] {
  return tools.map((tool) => {
    const { argument, description, takes, schema } = viewTools[tool]
    const properties = { [argument]: { ...schema, description: `${capital(takes)}.` }, ...source }
    const parameters = { type: 'object', properties, required: Object.keys(properties) }
    return { type: 'function', function: { name: nameOf(tool), description, parameters } }
  })
}

/** A line for each tool, with how it is called. */
export function toolLines(tools: readonly ToolName[], calls: readonly string[]): string[] {
  return tools.map((tool, at) => {
    const { argument, description, takes } = viewTools[tool]
    return `${calls[at]}: ${description} "${argument}" is ${takes}.`
  })
}

/** What is told after a mistake, where that need not have been a zoom. */
export function withToolErrors(profile: Profile): Profile {
  const error = profile.prompts.error
    .replace('That zoom failed.', 'That call failed.')
    .replace('zoom in with a corrected box', 'call again with what is corrected')
  return { ...profile, prompts: { ...profile.prompts, error } }
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
