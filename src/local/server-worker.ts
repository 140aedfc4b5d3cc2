/**
 * Runs the program given by its arguments until the parent process is gone, and exits with its status. Without this, a `llama-server`
 * whose parent is killed would keep running, with gigabytes of memory.
 */
import { spawn } from 'node:child_process'
import { messageOf } from '../shared/errors.ts'

const [path = '', ...args] = process.argv.slice(2)
const server = spawn(path, args, {
  stdio: ['ignore', 'ignore', 'inherit'],
  windowsHide: true,
  // Ctrl-C is handled by the parent, which lets searches end.
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
// Any message is a request to exit: a parent that disconnects gets no event for it.
process.on('message', end)
process.on('disconnect', end)
// A closing terminal and `timeout` signal the whole process group.
process.on('SIGTERM', end)
process.on('SIGHUP', end)
