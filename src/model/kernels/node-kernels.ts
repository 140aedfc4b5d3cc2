/** The kernels' bytes as the build left them, for Node. */
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { workerUrl } from '../../shared/worker-url.ts'
import type { KernelBytes } from './kernels.ts'

// Fused multiply-add, which Node hides behind a flag before version 22; it must be set before the thread's first
// WebAssembly module (docs/experiments/engine-speed.md has the gain).
if (Number(process.versions.node.split('.')[0]) < 22) setFlagsFromString('--experimental-wasm-relaxed-simd')

export function readKernels(): KernelBytes {
  const read = (name: string): Uint8Array<ArrayBuffer> =>
    readFileSync(workerUrl(import.meta.url, `../../kernels/${name}.wasm`))
  return { relaxed: read('relaxed'), plain: read('plain') }
}
