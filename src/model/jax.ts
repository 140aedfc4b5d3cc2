/** The one place that loads jax-js, on its WebAssembly backend. */
import './node-shims.ts'
import { defaultDevice, init } from '@jax-js/jax'

await init('wasm')
defaultDevice('wasm')

export { jit, lax, nn, numpy, tree, valueAndGrad, type Array as Tensor } from '@jax-js/jax'
