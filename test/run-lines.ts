/** Many command lines of the built program in one process: loading its code costs a second, and most lines end at once. */
import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { program } from './run-program.ts'

export interface LineEnded {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What is in the folder afterwards and was not there before, and the other way round. */
  readonly changed: readonly string[]
}

/**
 * Evaluates the program's own first module anew for every line, over code that is loaded once. Commander takes words to begin
 * elsewhere where it finds `-e` among the options of Node, so those are emptied.
 */
const driver = `
  import { readdir } from 'node:fs/promises'
  import { setTimeout as pause } from 'node:timers/promises'
  const [main, lines] = JSON.parse(process.argv[1])
  const streams = [process.stdout, process.stderr]
  const writes = streams.map((stream) => stream.write.bind(stream))
  const ends = []
  process.execArgv = []
  for (const [number, words] of lines.entries()) {
    const before = new Set(await readdir('.', { recursive: true }))
    const said = ['', '']
    for (const [n, stream] of streams.entries()) stream.write = (text) => Boolean((said[n] += text))
    process.argv = [process.argv[0], main, ...words]
    await import(main + '?line=' + number)
    while (process.exitCode === undefined) await pause(1)
    const code = process.exitCode
    process.exitCode = undefined
    for (const name of ['uncaughtException', 'unhandledRejection', 'beforeExit']) process.removeAllListeners(name)
    for (const [n, stream] of streams.entries()) stream.removeAllListeners('error').write = writes[n]
    const after = new Set(await readdir('.', { recursive: true }))
    const changed = [...after].filter((name) => !before.has(name)).concat([...before].filter((name) => !after.has(name)))
    ends.push({ code, stdout: said[0], stderr: said[1], changed })
  }
  console.log(JSON.stringify(ends))`

/** How each line ends in the folder `cwd`, one after the other. The process is left to end by itself: no line may keep it. */
export async function runLines(cwd: string, lines: readonly (readonly string[])[]): Promise<LineEnded[]> {
  const given = JSON.stringify([pathToFileURL(program).href, lines])
  const options = ['--input-type=module', '-e', driver, given]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, options, { cwd, maxBuffer: 1 << 26 })
  if (stderr !== '') throw new Error(`said outside of any line: ${stderr}`)
  return JSON.parse(stdout) as LineEnded[]
}
