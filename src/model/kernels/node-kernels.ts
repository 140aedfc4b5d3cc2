/** The kernels' bytes as the build left them, for Node. */
import '../node-shims.ts'
import { readFileSync } from 'node:fs'
import { workerUrl } from '../../shared/worker-url.ts'
import type { KernelBytes } from './kernels.ts'

export function readKernels(): KernelBytes {
  const read = (name: string): Uint8Array => readFileSync(workerUrl(import.meta.url, `../../kernels/${name}.wasm`))
  return { relaxed: read('relaxed'), plain: read('plain') }
}
