/** Prepares this thread for jax-js: to be imported before it. */
import { setFlagsFromString } from 'node:v8'

// Fused multiply-add, which Node hides behind a flag before version 22; it must be set before the thread's first
// WebAssembly module (docs/experiments/engine-speed.md has the gain).
if (Number(process.versions.node.split('.')[0]) < 22) setFlagsFromString('--experimental-wasm-relaxed-simd')

// jax-js asks the browser how many cores there are.
if (!('navigator' in globalThis)) {
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 1, userAgent: 'node' } })
}
