/** A command in the process of a test, as the program runs it: what it printed, and its exit code. */
import { Command } from 'commander'
import { vi } from 'vitest'
import { IncompleteError } from '../src/cli/incomplete.ts'

export interface Said {
  readonly stdout: string
  readonly stderr: string
  /** 1: the result was printed, and is not whole. Whatever else goes wrong is thrown. */
  readonly code: 0 | 1
}

export async function runCommand(
  commands: readonly ((program: Command) => void)[],
  ...words: readonly string[]
): Promise<Said> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => Boolean((said[name] += String(text))))
  }
  const program = new Command('mini-o3').exitOverride().enablePositionalOptions()
  for (const add of commands) add(program)
  try {
    await program.parseAsync(words, { from: 'user' })
    return { ...said, code: 0 }
  } catch (error) {
    if (!(error instanceof IncompleteError)) throw error
    return { ...said, stderr: `${said.stderr}${error.message}\n`, code: 1 }
  } finally {
    vi.restoreAllMocks()
  }
}
