/** Commands in messages, in the form in which they work where the user is: behind `npx` if the program was started by it. Pure. */

const command =
  /(?<!npx )\bmini-o3 (?=(?:ask|collect|data|demo|doctor|eval|export|fork|help|import|judge|mcp|models|note|probe|recipe|report|rl|serve|sft|try|view)\b)/g

export function asStarted(text: string, { npm_command: npm }: Readonly<NodeJS.ProcessEnv> = process.env): string {
  return npm === 'exec' ? text.replace(command, 'npx mini-o3 ') : text
}
