/** Pillow as a peer of the picture benchmarks: `observation_peer.py` in a process of its own, asked one job after another. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Undefined where that Python, or Pillow in it, is missing. `pass` answers with what one pass over the job cost the peer. */
export function startPeer(python) {
  if (spawnSync(python, ['-c', 'import PIL']).status !== 0) return undefined
  const peer = spawn(python, [join(import.meta.dirname, 'observation_peer.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  return {
    async pass(job) {
      peer.stdin.write(`${JSON.stringify(job)}\n`)
      return JSON.parse((await lines.next()).value)
    },
    stop: () => peer.stdin.end(),
  }
}
