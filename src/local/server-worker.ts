/**
 * Runs a program, which is named with its arguments, for as long as whoever started this module is there, and ends as that
 * program does. A `llama-server` would go on alone, with its gigabytes, where its parent is killed.
 */
import { spawn } from 'node:child_process'
import { messageOf } from '../shared/errors.ts'

const [path = '', ...args] = process.argv.slice(2)
const server = spawn(path, args, {
  stdio: ['ignore', 'ignore', 'inherit'],
  windowsHide: true,
  // An interrupt at the terminal is for the program, which lets searches end.
  detached: process.platform !== 'win32',
})
server.on('error', (error) => {
  process.stderr.write(`error: ${messageOf(error)}\n`)
  process.exit(1)
})
server.on('close', (status, signal) => {
  if (signal === null) process.exit(status ?? 1)
  process.kill(process.pid, signal)
})
process.on('SIGINT', () => {})
const end = (): void => void server.kill('SIGKILL')
// Any message asks for the end: a parent that hangs up itself is not told of it.
process.on('message', end)
process.on('disconnect', end)
// A terminal that is closed, and `timeout`, tell the whole group.
process.on('SIGTERM', end)
process.on('SIGHUP', end)
